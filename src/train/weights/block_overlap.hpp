#pragma once
#include <algorithm>

namespace hogwild::train {

/// How far the changes that ranks make to a block of weights at the same time point in the same
/// direction, measured at merges: with d a rank's own change since its last merge and f what others
/// have merged since, |sum d|^2 = sum |d|^2 + 2 sum f.d, so the changes add up to
/// 1 + 2 sum f.d / sum |d|^2 times what they would if they were orthogonal. That is sigma' of the
/// local subproblem (Ma et al. 2015, arXiv:1502.03508, section 3), per block instead of for all.
///
/// All ranks share one: a pair of changes is seen by the rank that merges later alone, and a rank
/// that is always the first would never learn that its changes meet others'.
class BlockOverlap {
public:
    /// Nothing overlaps.
    BlockOverlap() = default;
    /// @param ranks    that change the block: the most that the factor can be.
    /// @param initial  factor before anything is measured, in [1, ranks].
    BlockOverlap(int ranks, double initial) : ranks_(ranks), factor_(initial) {}

    /// 1: changes do not add up; `ranks`: all ranks make the same change.
    double factor() const noexcept { return factor_; }
    /// The factor is never below this from now on. @param least  in [1, ranks].
    void set_least(double least) noexcept {
        least_ = least;
        factor_ = std::max(factor_, least);
    }

    /// Counts a merge. @param own  |d|^2. @param cross  f.d.
    void merged(double own, double cross) noexcept {
        own_ += own;
        cross_ += cross;
        if (++merges_ % std::max(kEvery, ranks_) != 0 || own_ <= 0.0) return;
        const double wanted = std::clamp(1.0 + 2.0 * cross_ / own_, least_,
                                         std::max(least_, static_cast<double>(ranks_)));
        factor_ = std::max(wanted, kSlow * factor_ + (1.0 - kSlow) * wanted);
        own_ *= kMemory;
        cross_ *= kMemory;
    }

private:
    static constexpr int kEvery = 4;        ///< merges between new factors, or one of every rank
    static constexpr double kSlow = 0.8;    ///< it rises at once and falls slowly
    static constexpr double kMemory = 0.7;  ///< of the sums, per new factor

    int ranks_ = 1;
    double factor_ = 1.0;
    double least_ = 1.0;
    double own_ = 0.0;
    double cross_ = 0.0;
    int merges_ = 0;
};

}  // namespace hogwild::train
