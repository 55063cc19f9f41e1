#pragma once
#include <bit>
#include <cstdint>
#include <vector>

namespace hogwild::model {

/// Sums over the documents of a batch, for the features that occur in it.
///
/// Dense sums plus a two-level bitmap of the touched ones: adding costs no branch and no list, and
/// draining visits the features in ascending order at a cost that depends on the batch, not on the
/// number of features.
class BatchAccumulator {
public:
    struct Sums {
        double gradient = 0.0;     ///< sum of slope_i y_i x_iu
        double regularizer = 0.0;  ///< sum of 1/d over the documents that hold u
    };

    explicit BatchAccumulator(std::size_t weights)
        : sums_(weights), touched_(weights / 64 + 1), groups_(weights / 4096 + 1) {}

    void add(std::uint32_t u, double gradient, double regularizer) noexcept {
        sums_[u].gradient += gradient;
        sums_[u].regularizer += regularizer;
        touched_[u >> 6] |= std::uint64_t{1} << (u & 63);
        groups_[u >> 12] |= std::uint64_t{1} << ((u >> 6) & 63);
    }

    /// Calls `take(u, sums)` for every touched feature in ascending order, and forgets them all.
    template <class Take>
    void drain(Take&& take) {
        for (std::size_t g = 0; g < groups_.size(); ++g) {
            for_each_bit(groups_[g], [&](std::size_t bit) {
                const std::size_t word = g * 64 + bit;
                for_each_bit(touched_[word], [&](std::size_t low) {
                    const std::size_t u = word * 64 + low;
                    take(static_cast<std::uint32_t>(u), sums_[u]);
                    sums_[u] = {};
                });
                touched_[word] = 0;
            });
            groups_[g] = 0;
        }
    }

private:
    template <class Visit>
    static void for_each_bit(std::uint64_t bits, Visit&& visit) {
        for (; bits != 0; bits &= bits - 1) {
            visit(static_cast<std::size_t>(std::countr_zero(bits)));
        }
    }

    std::vector<Sums> sums_;
    std::vector<std::uint64_t> touched_;
    std::vector<std::uint64_t> groups_;
};

}  // namespace hogwild::model
