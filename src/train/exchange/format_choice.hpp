#pragma once
#include <cstddef>

#include "train/context.hpp"

namespace hogwild::train {

/// Whether the next exchange sends changes or all weights. Arithmetic only; the same on all leaders
/// if all call it with the same values.
///
/// `automatic`: all weights of small models, whose exchanges take the time of a few messages
/// whatever is in them. Of others changes, until so many weights change between two exchanges that
/// a message of all weights is not much longer; then all weights, and changes once in a while, to
/// see whether there are fewer.
class FormatChoice {
public:
    static constexpr std::size_t kSmall = std::size_t{1} << 17U;  ///< weights
    static constexpr double kMany = 0.5;                          ///< share of weights that changed
    static constexpr int kDenseInARow = 15;

    FormatChoice(ExchangeFormat wanted, std::size_t weights) noexcept
        : wanted_(wanted == ExchangeFormat::automatic && weights < kSmall ? ExchangeFormat::dense
                                                                          : wanted) {}

    /// Whether an exchange may be sparse at all.
    bool may_be_sparse() const noexcept { return wanted_ != ExchangeFormat::dense; }
    /// Whether the next one is.
    bool is_sparse() const noexcept { return may_be_sparse() && dense_left_ == 0; }
    /// @param changed  share of the weights that changed in an exchange that was sparse.
    void after_sparse(double changed) noexcept {
        if (wanted_ == ExchangeFormat::automatic && changed > kMany) dense_left_ = kDenseInARow;
    }
    void after_dense() noexcept {
        if (dense_left_ > 0) --dense_left_;
    }

private:
    ExchangeFormat wanted_;
    int dense_left_ = 0;
};

}  // namespace hogwild::train
