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

/// Whether LIBLINEAR can call the outputs by their names: they are classes of which a document has
/// one, and their names whole numbers of 32 bits.
bool has_liblinear_labels(const io::Model& model);

/// For liblinear-predict, which decides on the class with the largest score: classes have their
/// names, see has_liblinear_labels(), or else class k is the k-th output, from 1 on. Of two classes
/// it knows only the difference of their scores.
void write_liblinear(const io::ModelReader& reader, io::TextFile& file);

/// The arrays coef_ (outputs x features, 32 bits), intercept_ and classes_ (the categories).
/// @throws Error: io; resource where memory has no room for a weight of every feature and output.
void write_npz(const io::ModelReader& reader, io::TextFile& file);

}  // namespace hogwild::app
