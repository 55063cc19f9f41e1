#pragma once
#include <span>
#include <string>

#include "data/enum_names.hpp"

namespace hogwild::data {

/// What the values of each document are divided by, as by scikit-learn's Normalizer.
enum class Norm {
    none,
    l2,   ///< the root of the sum of their squares
    l1,   ///< the sum of their magnitudes
    max,  ///< the largest magnitude
};

template <>
struct EnumTable<Norm> {
    static constexpr EnumName<Norm> kRows[] = {
        {Norm::none, "none"}, {Norm::l2, "l2"}, {Norm::l1, "l1"}, {Norm::max, "max"}};
};

/// The norm that a file names; empty: none. @param file  for messages.
/// @throws Error: bad_data for one that this program does not know.
Norm read_norm(const std::string& name, const std::string& file);

/// Divides the values by their norm; where all are 0 they stay.
void normalize(std::span<float> values, Norm norm);

}  // namespace hogwild::data
