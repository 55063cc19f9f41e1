#pragma once
#include <functional>

#include "data/line_cursor.hpp"
#include "io/matrix/matrix_file.hpp"

namespace hogwild::io {

/// Memory for the entries of a matrix that is stored by columns [bytes].
inline constexpr std::int64_t kColumnBudget = std::int64_t{256} << 20;

/// Calls `take` for every row of a matrix, in order; its document has ascending columns, without an
/// id. Columns that occur twice in a row are added up, as SciPy does; zeros of a dense matrix are
/// left out.
///
/// A matrix by rows or a dense one is read in blocks. One by columns is read as often as its
/// entries, of 8 bytes each, need `column_budget` bytes: each time the next rows are collected;
/// this takes 8 bytes a row besides.
/// @throws Error: bad_data where the arrays contradict each other, or a value is none that a float
///         can hold.
void for_each_row(const MatrixFile& matrix, const std::function<void(data::Document&)>& take,
                  std::int64_t column_budget = kColumnBudget);

}  // namespace hogwild::io
