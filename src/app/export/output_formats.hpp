#pragma once
#include "io/feature_names.hpp"
#include "io/model_reader.hpp"
#include "io/text_file.hpp"

/// A model with several outputs as other programs read it; its matrix is read in blocks. Each
/// function appends to `file`, flushing as it goes, and throws Error: bad_data when the model's
/// file is damaged.
namespace hogwild::app {

/// A heading, the biases, and of every feature with a weight other than 0 the id, its name when
/// names are given, and the weights by output, all separated by tabs.
/// @param names  may be null.
void write_tsv(const io::ModelReader& reader, const io::FeatureNames* names, io::TextFile& file);

/// For liblinear-predict, which decides on the class with the largest score: class k is the k-th
/// output, from 1 on. Of two classes it knows only the difference of their scores.
void write_liblinear(const io::ModelReader& reader, io::TextFile& file);

/// The arrays coef_ (outputs x features, 32 bits), intercept_ and classes_ (the categories).
/// @throws Error: io; resource where memory has no room for a weight of every feature and output.
void write_npz(const io::ModelReader& reader, io::TextFile& file);

}  // namespace hogwild::app
