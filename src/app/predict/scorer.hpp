#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "app/common/feature_match.hpp"
#include "app/predict/document_order.hpp"
#include "app/predict/predict_options.hpp"
#include "app/predict/score_lines.hpp"
#include "io/dataset.hpp"
#include "io/model_file.hpp"
#include "model/linear_model.hpp"
#include "mpi/communicators.hpp"

namespace hogwild::app {

/// How to label the documents, and whether these labels mean anything.
struct KnownLabels {
    io::Labelling labelling;
    bool known = false;
};

/// What all ranks know after the files have been opened.
struct Scorer {
    DocumentOrder order;
    std::optional<io::Dataset> dataset;
    KnownLabels labels;
    data::FeatureSet columns;  ///< the list that the model numbers features by
    model::LinearModel<data::Numbering::listed> model;
    LineFormat format;
    FeatureSpace trained;
    FeatureSpace data;
    bool known_data = false;   ///< the model was trained on or tested with this dataset
    std::string doubt;         ///< about the data's normalization, for people; empty: none
    bool has_weights = false;  ///< other than 0, bias left out
};

/// The model; of several outputs the one of --category. @throws Error: no_input, bad_data.
io::Model read_one_output(const PredictOptions& options);

/// What scores documents with a model, whatever these are: features that the model has never seen
/// weigh nothing.
/// @param ranks  number of ranks on this host; each holds the weights.
Scorer make_scorer(const PredictOptions& options, io::Model model, int ranks);
/// Reads the model and matches it with the dataset.
/// @param ranks  number of ranks on this host; each holds the weights.
Scorer make_scorer(const PredictOptions& options, int ranks, io::Dataset dataset);

}  // namespace hogwild::app
