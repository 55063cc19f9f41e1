#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "io/hdf5.hpp"
#include "io/weight_matrix.hpp"

namespace hogwild::io {

/// Writes /weights and the fields of the outputs (docs/formats.md, version 3).
void write_outputs(const h5::Handle& file, const WeightMatrix& matrix, std::int64_t columns);
/// Whether a file holds just that.
bool outputs_read_back(const h5::Handle& file, const WeightMatrix& matrix, std::int64_t columns);
/// All but the weights. @throws Error: bad_data naming the file.
std::vector<ModelOutput> read_outputs(const h5::Handle& file, const std::string& path);

/// Hands out the weights in blocks of columns: take(first column, columns x outputs weights).
/// @param columns  that /weights should have, likewise `outputs`. @throws Error: bad_data.
void read_weight_rows(
    const h5::Handle& file, std::int64_t columns, std::int64_t outputs,
    const std::function<void(std::int64_t first, std::span<const float> rows)>& take);

}  // namespace hogwild::io
