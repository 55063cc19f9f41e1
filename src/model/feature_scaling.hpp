#pragma once
#include <span>

#include "data/rows.hpp"
#include "model/training_rows.hpp"

/// Features of different sizes. One step, and one lambda, cannot serve columns of 1 and of 1e6;
/// divided by their root mean square over the documents they are alike.
namespace hogwild::model {

/// Whether the features are divided by their root mean squares.
enum class FeatureScaling {
    none,
    rms,
    automatic  ///< where sizes_differ()
};

/// Adds c_i x_iu^2 of all documents to the place of u, c_i being the document's own weight.
/// @param sums  one for every feature, and any number behind.
void add_squares(const data::Rows& rows, std::span<double> sums);

/// Of the sizes of the features in a sample of documents, a feature's size being its root mean
/// square over the documents that hold it: the 90th percentile divided by the 10th. 1 where
/// nothing occurs.
double size_ratio(const data::Rows& sample);

/// Tf-idf text, counts, pixels and flags have ratios below 5, for which scaling does harm where
/// it makes the rare features large; measured values in units of their own have 40 to 50,000.
inline bool sizes_differ(double ratio) { return ratio > 12.0; }

/// What the values are multiplied by: 1 / sqrt(sums / weight), or 1 for a sum of 0.
/// @param sums    see add_squares(); replaced by the factors.
/// @param weight  of all documents, > 0.
void make_factors(std::span<double> sums, double weight);

}  // namespace hogwild::model
