#pragma once
#include <algorithm>

namespace hogwild::train {

/// How far the changes that ranks make to a block of weights at the same time point in the same
/// direction, measured by one rank at its merges: with d its own change since the last merge and f
/// that of all others, |sum d|^2 = sum |d|^2 + 2 sum f.d, so the changes add up to
/// 1 + 2 sum f.d / sum |d|^2 times what they would if they were orthogonal. That is sigma' of the
/// local subproblem (Ma et al. 2015, arXiv:1502.03508, section 3), per block instead of for all.
class BlockOverlap {
public:
    /// @param ranks  that change the block, the most that the factor can be.
    explicit BlockOverlap(double ranks) : ranks_(ranks) {}

    /// 1: changes do not add up; `ranks`: all ranks make the same change.
    double factor() const noexcept { return factor_; }
    /// The factor is never below this from now on. @param least  in [1, ranks].
    void set_least(double least) noexcept {
        least_ = least;
        factor_ = std::max(factor_, least);
    }
    double least() const noexcept { return least_; }

    /// Counts a merge. @param own  |d|^2. @param cross  f.d.
    /// @return whether the factor may have changed.
    bool merged(double own, double cross) noexcept {
        own_ += own;
        cross_ += cross;
        if (++merges_ % kEvery != 0 || own_ <= 0.0) return false;
        const double wanted = std::clamp(1.0 + 2.0 * cross_ / own_, least_, ranks_);
        factor_ = std::max(wanted, kSlow * factor_ + (1.0 - kSlow) * wanted);
        own_ *= kMemory;
        cross_ *= kMemory;
        return true;
    }

private:
    static constexpr int kEvery = 4;         ///< merges between new factors
    static constexpr double kSlow = 0.8;     ///< it rises at once and falls slowly
    static constexpr double kMemory = 0.7;   ///< of the sums, per new factor

    double ranks_;
    double factor_ = 1.0;
    double least_ = 1.0;
    double own_ = 0.0;
    double cross_ = 0.0;
    int merges_ = 0;
};

}  // namespace hogwild::train
