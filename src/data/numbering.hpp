#pragma once
#include <utility>

#include "data/rows.hpp"

namespace hogwild::data {

/// How features are numbered: by the columns of the dataset's files, or as FeatureOrder numbers
/// them for training.
enum class Numbering { file, training };

/// Rows of one numbering. A function that needs this numbering refuses other rows by type.
template <Numbering kNumbering>
class NumberedRows : public Rows {
public:
    NumberedRows() = default;
    explicit NumberedRows(Rows rows) : Rows(std::move(rows)) {}
};

}  // namespace hogwild::data
