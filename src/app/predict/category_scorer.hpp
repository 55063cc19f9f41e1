#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "app/predict/predict_options.hpp"
#include "data/feature_set.hpp"
#include "io/dataset.hpp"
#include "io/model_file.hpp"
#include "model/matrix_model.hpp"
#include "mpi/communicators.hpp"
#include "mpi/shared_window.hpp"

namespace hogwild::app {

/// How to read the rows of a dataset whose labels do not count.
io::Labelling any_labels(const io::Dataset& dataset);

/// @param scores  of a document. @throws Error: bad_data unless they are finite.
void check_scores(std::span<const float> scores, const std::string& data, std::int64_t id);

/// A model of several outputs, ready to score documents. The ranks of a node share the weights.
class CategoryScorer {
public:
    /// @throws CollectiveError: no_input, bad_data, resource. @note Collective over
    /// `comms.world()`,
    ///         like close().
    CategoryScorer(const PredictOptions& options, const mpi::Communicators& comms);
    void close() { window_.close(); }

    /// What the file says of it, without the weights.
    const io::Model& origin() const noexcept { return origin_; }
    /// The list that the model numbers features by.
    const data::FeatureSet& columns() const noexcept { return columns_; }
    const model::MatrixModel<data::Numbering::listed>& model() const noexcept { return model_; }
    /// By feature of the model: not 0 where one of the weights is not.
    const std::vector<double>& weighted() const noexcept { return weighted_; }

private:
    io::Model origin_;
    data::FeatureSet columns_;
    mpi::SharedWindow<float> window_;
    model::MatrixModel<data::Numbering::listed> model_;
    std::vector<double> weighted_;
};

}  // namespace hogwild::app
