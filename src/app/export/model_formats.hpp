#pragma once
#include "io/feature_names.hpp"
#include "io/model_file.hpp"
#include "io/text_file.hpp"

/// A model with one output as other programs read it. Each function appends to `file`, flushing as
/// it goes.
namespace hogwild::app {

/// A heading, the bias, and `id <tab> weight` of every feature whose weight is not 0, with
/// `<tab> name` when names are given.
/// @param names  may be null.
void write_tsv(const io::Model& model, const io::FeatureNames* names, io::TextFile& file);

/// For liblinear-predict: decisions, and with logistic models probabilities, equal ours. Its ids
/// begin at 1, so that of a model whose ids begin at 0 they are one higher.
void write_liblinear(const io::Model& model, io::TextFile& file);

/// As `vw --readable_model` writes it; ids are indices, since VW hashes numbers to themselves.
/// @throws Error: bad_data when a feature's index is that of VW's constant.
void write_vw(const io::Model& model, io::TextFile& file);

/// The arrays coef_ (1 x features), intercept_ and classes_ (-1 and 1) of scikit-learn's linear
/// classifiers, for numpy.load. @throws Error: io; resource where memory has no room for a weight
/// of every feature.
void write_npz(const io::Model& model, io::TextFile& file);

}  // namespace hogwild::app
