#pragma once
#include <cassert>
#include <cstddef>
#include <span>

namespace hogwild::model {

/// Shape of a linear model's weights: a matrix with a row for each input and a column for each
/// output, stored row by row, so that the outputs of one input are contiguous.
///
/// The inputs are the features and, last, the bias: an input of value 1 in every document. With one
/// output, weight u is that of feature u. Everything that handles a whole vector of weights takes
/// its length and the place of the bias from here.
struct WeightShape {
    std::size_t features = 0;
    std::size_t outputs = 1;

    /// Features and bias.
    constexpr std::size_t inputs() const noexcept { return features + 1; }
    /// Number of weights.
    constexpr std::size_t size() const noexcept { return inputs() * outputs; }
    /// Index of a weight of the bias.
    constexpr std::size_t bias(std::size_t output = 0) const noexcept {
        assert(output < outputs);
        return features * outputs + output;
    }
    /// The weights of the features, without those of the bias. @pre w.size() == size()
    template <class Real>
    constexpr std::span<Real> without_bias(std::span<Real> w) const noexcept {
        assert(w.size() == size());
        return w.first(features * outputs);
    }

    bool operator==(const WeightShape&) const = default;
};

}  // namespace hogwild::model
