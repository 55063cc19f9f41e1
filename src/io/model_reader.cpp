#include "io/model_reader.hpp"

#include <algorithm>

#include "data/error.hpp"
#include "io/hdf5_matrices.hpp"
#include "io/model_outputs.hpp"

namespace hogwild::io {

ModelReader::ModelReader(const std::string& path)
    : path_(path),
      file_(std::make_unique<const h5::Handle>(h5::open_file(path))),
      model_(read_all_but_matrix(*file_, path)) {}

ModelReader::~ModelReader() = default;

void ModelReader::for_each_block(const TakeRows& take) const {
    if (!model_.outputs.empty()) read_matrix(h5::ReadMatrix(*file_, "weights"), take);
}

std::vector<float> ModelReader::weights_of(std::size_t output) const {
    std::vector<float> weights(model_.columns.size());
    h5::ReadMatrix(*file_, "weights").read(static_cast<std::int64_t>(output), 0, weights);
    return weights;
}

Model ModelReader::output(const std::string& category) const {
    if (model_.outputs.empty()) {
        if (model_.category == category) return model_;
        throw Error(ExitCode::bad_data, path_ + ": no category '" + category +
                                            "': it is a model of '" + model_.category + "'");
    }
    const auto found = std::ranges::find(model_.outputs, category, &ModelOutput::category);
    if (found == model_.outputs.end()) {
        throw Error(ExitCode::bad_data, path_ + ": no category '" + category + "' among its " +
                                            std::to_string(model_.outputs.size()) +
                                            "; hdf5_inspect lists them");
    }
    Model m = model_;
    m.outputs.clear();
    m.category = found->category;
    m.bias = found->bias;
    m.threshold = found->threshold;
    m.lambda = found->lambda;
    m.class_weights = found->class_weights;
    const auto weights = weights_of(static_cast<std::size_t>(found - model_.outputs.begin()));
    m.weights.assign(weights.begin(), weights.end());
    return m;
}

Model read_model_of_one_output(const std::string& path) {
    const h5::Handle file = h5::open_file(path);
    Model m = read_all_but_matrix(file, path);
    if (m.outputs.empty()) return m;
    throw Error(ExitCode::bad_data, path + ": is a model of " + std::to_string(m.outputs.size()) +
                                        " categories; one of a single category is needed here");
}

}  // namespace hogwild::io
