#pragma once
#include <utility>

#include "data/rows.hpp"

namespace hogwild::data {

/// How features are numbered: by the columns of the dataset's files; by their places in a model's
/// ascending list of columns, where all other features share the number after the last (see
/// in_listed_numbering); or as FeatureOrder numbers the features of that list for training.
enum class Numbering { file, listed, training };

/// Rows of one numbering. A function that needs this numbering refuses other rows by type.
template <Numbering kNumbering>
class NumberedRows : public Rows {
public:
    NumberedRows() = default;
    explicit NumberedRows(Rows rows) : Rows(std::move(rows)) {}
};

}  // namespace hogwild::data
