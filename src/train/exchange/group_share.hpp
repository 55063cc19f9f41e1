#pragma once
#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

namespace hogwild::train {

/// What a group says of its changes as a whole.
struct GroupShare {
    double weight = 0.0;  ///< in a mean: the documents that it has processed; >= 0
    /// What weights that no document of the group changed are multiplied by, because of weight
    /// decay; 1 without. Of a mean relative to the consensus, of a sum since its last copy.
    double decay = 1.0;
};

/// What follows from the shares of all groups, by the same arithmetic on all leaders.
struct GroupTotals {
    std::vector<double> factors;  ///< of each group's changes
    double weight = 0.0;
    double decay = 1.0;  ///< of the consensus

    /// @param sums  changes are summed; else they are averaged. @param shares  in group order.
    static GroupTotals of(bool sums, std::span<const GroupShare> shares) {
        GroupTotals totals{std::vector<double>(shares.size(), 1.0)};
        for (const GroupShare& share : shares) totals.weight += share.weight;
        if (sums) {
            for (const GroupShare& share : shares) totals.decay *= share.decay;
            return totals;
        }
        totals.decay = 0.0;
        for (std::size_t k = 0; k < shares.size(); ++k) {
            totals.factors[k] = totals.weight > 0.0 ? shares[k].weight / totals.weight
                                                    : 1.0 / static_cast<double>(shares.size());
            totals.decay += totals.factors[k] * shares[k].decay;
        }
        return totals;
    }
};

}  // namespace hogwild::train
