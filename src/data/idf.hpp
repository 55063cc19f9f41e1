#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "data/feature_counts.hpp"
#include "data/feature_set.hpp"

namespace hogwild::data {

/// Inverse document frequencies: factors, by which the values of rare features grow.
///
/// A feature that occurs in `count` of n documents has the factor ln((1 + n) / (1 + count)) + 1,
/// as by scikit-learn's TfidfTransformer; one that occurs in none has it with a count of 0.
struct Idf {
    FeatureSet columns;           ///< those that occur
    std::vector<double> factors;  ///< of columns, in ascending order
    double absent = 0.0;          ///< of all other columns; 0: there are no factors

    Idf() = default;
    /// @param members  ascending, each once. @param by_member  as many, finite and above 0.
    /// @param absent   finite and above 0.
    Idf(std::vector<std::uint32_t> members, std::vector<double> by_member, double absent);
    /// @param counts  of `documents` documents.
    static Idf of(FeatureCounts counts, std::int64_t documents);

    bool empty() const noexcept { return absent == 0.0; }
    /// 1 for every column where there are no factors.
    double factor(std::uint32_t column) const noexcept {
        if (empty()) return 1.0;
        const std::uint32_t place = columns.position(column);
        return place == FeatureSet::kAbsent ? absent : factors[place];
    }
};

}  // namespace hogwild::data
