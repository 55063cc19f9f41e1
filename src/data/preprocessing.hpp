#pragma once
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
    void apply(std::span<const std::uint32_t> columns, std::span<float> values) const {
        if (!idf.empty()) {
            for (std::size_t k = 0; k < values.size(); ++k) {
                values[k] = static_cast<float>(idf.factor(columns[k]) * values[k]);
            }
        }
        if (norm != Norm::none) normalize(values, norm);
    }
};

}  // namespace hogwild::data
