#include "io/model_outputs.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "data/error.hpp"
#include "io/hdf5_arrays.hpp"
#include "io/hdf5_matrix.hpp"

namespace hogwild::io {
namespace {

/// Columns of a chunk, which is of one output: who reads one output reads its chunks alone.
constexpr std::int64_t kChunkColumns = std::int64_t{1} << 14;
constexpr std::size_t kMostOutputs = 65536;

/// Writes one field of all outputs.
template <class Field>
void write_field(const h5::Handle& file, const std::string& name,
                 const std::vector<ModelOutput>& outputs, const Field& field) {
    std::vector<double> values;
    std::ranges::transform(outputs, std::back_inserter(values), field);
    h5::write_array(file, name, std::span<const double>(values));
}

/// @throws Error: bad_data unless there is one value for each output.
std::vector<double> read_field(const h5::Handle& file, const std::string& path,
                               const std::string& name, std::size_t outputs) {
    std::vector<double> values = h5::read_reals(file, name);
    if (values.size() == outputs) return values;
    throw Error(ExitCode::bad_data, path + ": /" + name + " has " + std::to_string(values.size()) +
                                        " values for " + std::to_string(outputs) + " outputs");
}

/// Calls f(first column, number of columns) for each block of whole chunks.
template <class F>
void for_each_block_of_columns(std::int64_t columns, const F& f) {
    for (std::int64_t first = 0; first < columns; first += kChunkColumns) {
        f(first, std::min(kChunkColumns, columns - first));
    }
}

}  // namespace

void write_outputs(const h5::Handle& file, const WeightMatrix& matrix, std::int64_t columns) {
    const std::vector<ModelOutput>& outputs = matrix.outputs;
    const auto n = std::ssize(outputs);
    h5::WriteMatrix weights(file, "weights", columns, n,
                            std::clamp<std::int64_t>(columns, 1, kChunkColumns), 1);
    for_each_block_of_columns(columns, [&](std::int64_t first, std::int64_t count) {
        weights.write({first, count, 0, n}, std::span<const float>(matrix.weights)
                                                .subspan(static_cast<std::size_t>(first * n),
                                                         static_cast<std::size_t>(count * n)));
    });
    weights.close();
    std::vector<std::string> categories;
    std::ranges::transform(outputs, std::back_inserter(categories), &ModelOutput::category);
    h5::write_strings(file, "categories", categories);
    write_field(file, "bias", outputs, [](const ModelOutput& o) { return o.bias; });
    write_field(file, "threshold", outputs, [](const ModelOutput& o) { return o.threshold; });
    write_field(file, "lambda", outputs, [](const ModelOutput& o) { return o.lambda; });
    write_field(file, "class_weight_positive", outputs,
                [](const ModelOutput& o) { return o.class_weights[0]; });
    write_field(file, "class_weight_negative", outputs,
                [](const ModelOutput& o) { return o.class_weights[1]; });
    write_field(file, "training_positives", outputs,
                [](const ModelOutput& o) { return static_cast<double>(o.positives); });
}

std::vector<ModelOutput> read_outputs(const h5::Handle& file, const std::string& path) {
    const std::vector<std::string> names =
        h5::ReadDataset(file, "categories", h5::ReadDataset::Kind::string).read_all_strings();
    const bool each_once = std::set(names.begin(), names.end()).size() == names.size();
    if (names.empty() || names.size() > kMostOutputs || !each_once) {
        throw Error(ExitCode::bad_data,
                    path + ": /categories does not name the outputs, each once");
    }
    const auto field = [&](const char* name) { return read_field(file, path, name, names.size()); };
    const auto bias = field("bias");
    const auto threshold = field("threshold");
    const auto lambda = field("lambda");
    const auto positive = field("class_weight_positive");
    const auto negative = field("class_weight_negative");
    const auto documents = field("training_positives");
    std::vector<ModelOutput> outputs;
    for (std::size_t o = 0; o < names.size(); ++o) {
        const bool counts = documents[o] >= 0.0 && documents[o] < 0x1p53;
        if (!counts) throw Error(ExitCode::bad_data, path + ": /training_positives are no counts");
        outputs.push_back({names[o],
                           bias[o],
                           threshold[o],
                           lambda[o],
                           {positive[o], negative[o]},
                           std::llround(documents[o])});
    }
    return outputs;
}

void read_weight_rows(const h5::Handle& file, std::int64_t columns, std::int64_t outputs,
                      const std::function<void(std::int64_t, std::span<const float>)>& take) {
    const h5::ReadMatrix weights(file, "weights");
    if (weights.rows() != columns || weights.columns() != outputs) {
        throw Error(ExitCode::bad_data,
                    file.what() + "/weights is " + std::to_string(weights.rows()) + " x " +
                        std::to_string(weights.columns()) + ", not " + std::to_string(columns) +
                        " columns x " + std::to_string(outputs) + " outputs");
    }
    std::vector<float> rows;
    for_each_block_of_columns(columns, [&](std::int64_t first, std::int64_t count) {
        rows.resize(static_cast<std::size_t>(count * outputs));
        weights.read({first, count, 0, outputs}, rows);
        take(first, rows);
    });
}

bool outputs_read_back(const h5::Handle& file, const WeightMatrix& matrix, std::int64_t columns) {
    const auto n = std::ssize(matrix.outputs);
    bool equal = read_outputs(file, file.what()) == matrix.outputs;
    read_weight_rows(file, columns, n, [&](std::int64_t first, std::span<const float> rows) {
        equal = equal && std::equal(rows.begin(), rows.end(), matrix.weights.begin() + first * n);
    });
    return equal;
}

}  // namespace hogwild::io
