#pragma once
#include <cmath>
#include <cstdint>
#include <span>

#include "data/idf.hpp"
#include "data/normalize.hpp"

namespace hogwild::data {

/// What is done to the values of each document when a text becomes a dataset, or is scored.
struct Preprocessing {
    Idf idf = {};  ///< multiplies them, before
    Norm norm = Norm::none;

    bool empty() const noexcept { return idf.empty() && norm == Norm::none; }
    /// @param columns  of the document, as many as values.
    /// @return whether the values are still finite; for messages: kTooLarge.
    [[nodiscard]] bool apply(std::span<const std::uint32_t> columns,
                             std::span<float> values) const {
        bool finite = true;
        for (std::size_t k = 0; !idf.empty() && k < values.size(); ++k) {
            values[k] = static_cast<float>(idf.factor(columns[k]) * values[k]);
            finite = finite && std::isfinite(values[k]);
        }
        if (norm != Norm::none) normalize(values, norm);
        return finite;
    }
    static constexpr const char* kTooLarge =
        "a value is too large to be multiplied by its inverse document frequency (--idf)";
};

}  // namespace hogwild::data
