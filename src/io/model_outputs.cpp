#include "io/model_outputs.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "data/error.hpp"
#include "io/hdf5_arrays.hpp"

namespace hogwild::io {
namespace {

constexpr std::int64_t kMostOutputs = 65536;
constexpr const char* kCategories = "output_categories";
constexpr const char* kPositives = "output_positives";
constexpr const char* kDecision = "decision";

/// A field of the outputs that is a real number, and the array that holds it.
struct RealField {
    const char* array;
    double& (*of)(ModelOutput& output);
};
constexpr RealField kRealFields[] = {
    {"bias", [](ModelOutput& o) -> double& { return o.bias; }},
    {"output_thresholds", [](ModelOutput& o) -> double& { return o.threshold; }},
    {"output_lambdas", [](ModelOutput& o) -> double& { return o.lambda; }},
    {"output_class_weights_positive", [](ModelOutput& o) -> double& { return o.class_weights[0]; }},
    {"output_class_weights_negative",
     [](ModelOutput& o) -> double& { return o.class_weights[1]; }}};

/// Rows of a chunk in our files, and of a block in memory: few where there are many outputs.
std::int64_t rows_of_block(std::int64_t outputs) {
    constexpr std::int64_t kValues = std::int64_t{1} << 24;
    return std::clamp<std::int64_t>(kValues / outputs, 1024, 16384);
}

void write_matrix(const h5::Handle& file, const Model& m) {
    const std::int64_t columns = std::ssize(m.columns);
    const std::int64_t outputs = std::ssize(m.outputs);
    const auto chunk = std::clamp<std::int64_t>(columns, 1, rows_of_block(outputs));
    h5::NewMatrix weights(file, "weights", columns, outputs, chunk);
    std::vector<float> piece;  // of an output, a chunk
    for (std::int64_t first = 0; first < columns; first += chunk) {
        piece.resize(static_cast<std::size_t>(std::min(chunk, columns - first)));
        for (std::int64_t k = 0; k < outputs; ++k) {
            auto from = static_cast<std::size_t>(first * outputs + k);
            for (float& weight : piece) {
                weight = m.matrix[from];
                from += m.outputs.size();
            }
            weights.write(k, first, piece);
        }
    }
    weights.close();
}

/// @throws Error: bad_data unless an array has a value for every output.
void check_length(const h5::Handle& file, const char* array, std::size_t length,
                  std::size_t outputs) {
    if (length == outputs) return;
    throw Error(ExitCode::bad_data, file.what() + "/" + array + " has " + std::to_string(length) +
                                        " values for " + std::to_string(outputs) + " outputs");
}

/// Outputs that have a name, and nothing else yet.
std::vector<ModelOutput> read_names(const h5::Handle& file, const std::string& path) {
    const h5::ReadDataset names(file, kCategories, h5::ReadDataset::Kind::string);
    if (names.length() < 1 || names.length() > kMostOutputs) {
        throw Error(ExitCode::bad_data, path + ": has " + std::to_string(names.length()) +
                                            " outputs; a model has between 1 and " +
                                            std::to_string(kMostOutputs));
    }
    std::vector<ModelOutput> outputs;
    std::unordered_set<std::string> known;
    for (std::string& name : names.read_all_strings()) {
        if (!known.insert(name).second) {
            throw Error(ExitCode::bad_data, path + ": has two outputs '" + name + "'");
        }
        outputs.emplace_back().category = std::move(name);
    }
    return outputs;
}

}  // namespace

void write_outputs(const h5::Handle& file, const Model& model) {
    if (model.matrix.size() != model.columns.size() * model.outputs.size()) {
        throw Error(ExitCode::internal, "a model has " + std::to_string(model.matrix.size()) +
                                            " weights for " + std::to_string(model.columns.size()) +
                                            " columns and " + std::to_string(model.outputs.size()) +
                                            " outputs");
    }
    std::vector<ModelOutput> outputs = model.outputs;
    std::vector<std::string> names;
    std::vector<std::int64_t> positives;
    for (const ModelOutput& output : outputs) {
        names.push_back(output.category);
        positives.push_back(output.positives);
    }
    h5::write_strings(file, kCategories, names);
    h5::write_attribute(file, kDecision, data::name_of(model.decision));
    h5::write_array(file, kPositives, std::span<const std::int64_t>(positives));
    for (const RealField& field : kRealFields) {
        std::vector<double> values;
        for (ModelOutput& output : outputs) values.push_back(field.of(output));
        h5::write_array(file, field.array, std::span<const double>(values));
    }
    write_matrix(file, model);
}

data::Decision read_decision(const h5::Handle& file, const std::string& path) {
    if (!h5::has_attribute(file, kDecision)) return data::Decision::threshold;  // an older model
    const std::string name = h5::read_string(file, kDecision);
    const auto found = data::EnumNames<data::Decision>::find(name);
    if (found) return *found;
    throw Error(ExitCode::bad_data, path + ": predicts by '" + name +
                                        "', which this program does not know; it knows " +
                                        data::EnumNames<data::Decision>::choices());
}

std::vector<ModelOutput> read_outputs(const h5::Handle& file, const std::string& path) {
    std::vector<ModelOutput> outputs = read_names(file, path);
    const h5::ReadDataset positives(file, kPositives, h5::ReadDataset::Kind::integer);
    check_length(file, kPositives, static_cast<std::size_t>(positives.length()), outputs.size());
    std::vector<std::int64_t> counts(outputs.size());
    positives.read(0, std::span<std::int64_t>(counts));
    for (std::size_t k = 0; k < outputs.size(); ++k) outputs[k].positives = counts[k];
    for (const RealField& field : kRealFields) {
        const std::vector<double> values = h5::read_reals(file, field.array);
        check_length(file, field.array, values.size(), outputs.size());
        for (std::size_t k = 0; k < outputs.size(); ++k) field.of(outputs[k]) = values[k];
    }
    return outputs;
}

void read_matrix(const h5::ReadMatrix& matrix, const TakeRows& take) {
    const auto outputs = static_cast<std::size_t>(matrix.columns());
    const std::int64_t most = rows_of_block(matrix.columns());
    std::vector<float> piece;  // of an output, as the file stores it
    std::vector<float> block;
    for (std::int64_t first = 0; first < matrix.rows(); first += most) {
        piece.resize(static_cast<std::size_t>(std::min(most, matrix.rows() - first)));
        block.resize(piece.size() * outputs);
        for (std::size_t k = 0; k < outputs; ++k) {
            matrix.read(static_cast<std::int64_t>(k), first, piece);
            for (std::size_t row = 0; row < piece.size(); ++row) {
                block[row * outputs + k] = piece[row];
            }
        }
        take(first, block);
    }
}

bool outputs_read_back(const h5::Handle& file, const std::string& path, const Model& model) {
    if (read_outputs(file, path) != model.outputs) return false;
    const h5::ReadMatrix matrix(file, "weights");
    bool equal =
        matrix.rows() == std::ssize(model.columns) && matrix.columns() == std::ssize(model.outputs);
    if (!equal) return false;
    read_matrix(matrix, [&](std::int64_t first, std::span<const float> rows) {
        const auto from = static_cast<std::size_t>(first) * model.outputs.size();
        equal =
            equal && std::ranges::equal(rows, std::span(model.matrix).subspan(from, rows.size()));
    });
    return equal;
}

}  // namespace hogwild::io
