#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "app/common/load.hpp"
#include "data/normalize.hpp"
#include "data/numbering.hpp"
#include "io/dataset.hpp"
#include "io/model_file.hpp"
#include "mpi/communicator.hpp"

namespace hogwild::app {

/// How many stored entries of some documents fall on features that a model has a weight for. Data
/// of another vocabulary, or numbered in another way, is scored without any other sign.
struct FeatureMatch {
    std::int64_t entries = 0;
    std::int64_t weighted = 0;  ///< those whose feature has a weight other than 0

    /// @param weights  by the numbers of the rows' features.
    void add(const data::NumberedRows<data::Numbering::listed>& rows,
             std::span<const double> weights);
    /// Of all ranks. @note Collective over `comm`.
    FeatureMatch summed(mpi::Communicator comm) const;
};

/// What weights were trained on, or what is scored.
struct FeatureSpace {
    std::string name;           ///< of a model, a dataset or a text
    std::int64_t features = 0;  ///< bias left out
};

/// Data whose ids begin elsewhere would be scored with the weights of the neighbouring features.
/// @param trained  the model or the training set. @param id_base  of it.
/// @throws Error: bad_data when the data's ids begin at another number.
void check_id_base(const std::string& trained, std::int64_t id_base, const io::Dataset& data);

/// How the values of documents were changed before.
struct PreparedValues {
    data::Norm norm = data::Norm::none;
    std::string idf;  ///< digest of the inverse document frequencies; empty: none
};
PreparedValues prepared_values(const io::Dataset& data);

/// Values of another scale would be scored with the weights as they are.
/// @param trained  the training set, or the model in whose place it is meant. @param values  its.
/// @throws Error: bad_data when the data was converted otherwise.
void check_values(const std::string& trained, const PreparedValues& values,
                  const io::Dataset& data);
/// The same for a model's training set. @return a line for people where the model, of an older
/// program, does not say how that was normalized, and has not seen this dataset; empty otherwise.
std::string check_values(const std::string& path, const io::Model& model, const io::Dataset& data);

/// A line that names both numbers of features where one is at least twice the other: data of the
/// same kind, converted by itself, has about as many. Empty otherwise.
std::string compare_features(const FeatureSpace& trained, const FeatureSpace& data);
/// The same line, also when a tenth of the entries or more are on features without a weight.
/// @param match  of all documents.
/// @throws Error: bad_data when there are entries and not one is on a feature with a weight.
std::string compare_features(const FeatureSpace& trained, const FeatureSpace& data,
                             const FeatureMatch& match);

/// The first for every test set of a training, as messages are printed.
std::string feature_advice(const io::Dataset& training, std::span<const LabelledDataset> tests);

}  // namespace hogwild::app
