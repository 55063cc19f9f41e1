#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "io/hdf5.hpp"

namespace hogwild::io {

/// One of the outputs of a model that tells several categories from the rest.
struct ModelOutput {
    std::string category;
    double bias = 0.0;
    double threshold = 0.0;  ///< a score above it is predicted +1
    double lambda = 0.0;
    std::array<double, 2> class_weights{1.0, 1.0};  ///< of +1 and -1, in training
    std::int64_t positives = 0;                     ///< training documents labelled +1

    bool operator==(const ModelOutput&) const = default;
};

/// The weights of several outputs.
struct WeightMatrix {
    std::vector<ModelOutput> outputs;
    std::vector<float> weights;  ///< columns x outputs: those of a column are contiguous

    bool empty() const noexcept { return outputs.empty(); }
};

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
