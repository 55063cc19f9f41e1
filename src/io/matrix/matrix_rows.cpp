#include "io/matrix/matrix_rows.hpp"

#include <fmt/format.h>

#include <cmath>

#include "io/matrix/refuse_matrix.hpp"

namespace hogwild::io {
namespace {

using Part = MatrixFile::Part;

/// Rows and columns count from 0, as where the file comes from.
float checked_value(double value, const std::string& where, std::int64_t row, std::int64_t column) {
    const auto narrow = static_cast<float>(value);
    if (!std::isfinite(narrow)) {
        refuse_matrix(where,
                      fmt::format("the value {} in row {}, column {} is no finite number that a "
                                  "float can hold",
                                  value, row, column));
    }
    return narrow;
}

std::uint32_t checked_column(std::int64_t column, const MatrixFile& matrix,
                             const std::string& where, std::int64_t row) {
    if (column < 0 || column >= matrix.columns()) {
        refuse_matrix(where, fmt::format("there is a column {} in row {}, of {} columns", column,
                                         row, matrix.columns()));
    }
    return static_cast<std::uint32_t>(column);
}

/// The three arrays of a sparse matrix. `indptr` has an element for each of the `lines` rows (of
/// columns where it is stored by columns) and one more.
struct SparseArrays {
    SparseArrays(const MatrixFile& matrix, std::int64_t lines)
        : indptr(matrix.open(Part::indptr)), indices(matrix.open(Part::indices)) {
        if (indptr.left() != lines + 1) {
            refuse_matrix(indptr.name(), fmt::format("has {} elements, but the shape needs {}",
                                                     indptr.left(), lines + 1));
        }
        if (indptr.next() != 0) refuse_matrix(indptr.name(), "does not begin with 0");
    }

    /// The number of entries of the next line.
    std::int64_t next_count(std::int64_t line) {
        const std::int64_t next = indptr.next();
        if (next < end) {
            refuse_matrix(indptr.name(),
                          fmt::format("falls from {} to {} at element {}", end, next, line + 1));
        }
        if (next - end > indices.left()) {
            refuse_matrix(indptr.name(),
                          fmt::format("names {} entries, more than there are", next));
        }
        const std::int64_t count = next - end;
        end = next;
        return count;
    }
    /// After the last line.
    void check_end() const {
        if (indices.left() != 0) {
            refuse_matrix(indices.name(),
                          fmt::format("has {} entries more than indptr tells", indices.left()));
        }
    }

    NumberQueue<std::int64_t> indptr;
    NumberQueue<std::int64_t> indices;
    std::int64_t end = 0;  ///< last element of indptr
};

/// The values, as many as there are indices.
NumberQueue<double> open_values(const MatrixFile& matrix, std::int64_t entries) {
    NumberQueue<double> values(matrix.open(Part::data));
    if (values.left() != entries) {
        refuse_matrix(values.name(),
                      fmt::format("has {} values for {} indices", values.left(), entries));
    }
    return values;
}

/// Puts the columns in order and adds up those that occur twice.
void finish(data::Document& document, const std::string& where, std::int64_t row) {
    data::sort_terms(document);
    data::add_up_repeated(document);
    for (std::size_t k = 0; k < document.value.size(); ++k) {
        checked_value(static_cast<double>(document.value[k]), where, row, document.index[k]);
    }
}

using Take = std::function<void(data::Document&)>;

void rows_of_csr(const MatrixFile& matrix, const Take& take) {
    SparseArrays arrays(matrix, matrix.rows());
    NumberQueue<double> values = open_values(matrix, arrays.indices.left());
    data::Document document;
    std::vector<std::int64_t> columns;
    std::vector<double> row_values;
    for (std::int64_t row = 0; row < matrix.rows(); ++row) {
        const std::int64_t count = arrays.next_count(row);
        columns.clear();
        row_values.clear();
        document.index.clear();
        document.value.clear();
        arrays.indices.take(count, columns);
        values.take(count, row_values);
        for (std::size_t k = 0; k < columns.size(); ++k) {
            document.index.push_back(
                checked_column(columns[k], matrix, arrays.indices.name(), row));
            document.value.push_back(checked_value(row_values[k], values.name(), row, columns[k]));
        }
        finish(document, values.name(), row);
        take(document);
    }
    arrays.check_end();
}

void rows_of_dense(const MatrixFile& matrix, const Take& take) {
    NumberQueue<double> values(matrix.open(Part::data));
    data::Document document;
    std::vector<double> row_values;
    for (std::int64_t row = 0; row < matrix.rows(); ++row) {
        row_values.clear();
        document.index.clear();
        document.value.clear();
        values.take(matrix.columns(), row_values);
        for (std::size_t column = 0; column < row_values.size(); ++column) {
            if (row_values[column] == 0.0) continue;
            document.index.push_back(static_cast<std::uint32_t>(column));
            document.value.push_back(checked_value(row_values[column], values.name(), row,
                                                   static_cast<std::int64_t>(column)));
        }
        take(document);
    }
}

/// Rows of a matrix that is stored by columns.
class ColumnReader {
public:
    ColumnReader(const MatrixFile& matrix, std::int64_t budget)
        : matrix_(matrix), budget_(budget / kEntryBytes) {
        count_entries();
    }

    void for_each(const Take& take) {
        for (std::int64_t first = 0; first < matrix_.rows();) {
            const std::int64_t end = end_of_part(first);
            collect(first, end);
            data::Document document;
            for (std::int64_t row = first; row < end; ++row) {
                const auto [begin, stop] = range_of(row, first);
                document.index.assign(columns_.begin() + begin, columns_.begin() + stop);
                document.value.assign(values_.begin() + begin, values_.begin() + stop);
                finish(document, matrix_.path(), row);
                take(document);
            }
            first = end;
        }
    }

private:
    static constexpr std::int64_t kEntryBytes = sizeof(std::uint32_t) + sizeof(float);
    /// Rows for each entry or column: a claim beyond that is no matrix to learn from, and would
    /// take memory that the file does not account for.
    static constexpr double kMostRowsEach = 1024.0;

    std::int64_t checked_row(std::int64_t row, const std::string& where) const {
        if (row < 0 || row >= matrix_.rows()) {
            refuse_matrix(where, fmt::format("there is a row {}, of {} rows", row, matrix_.rows()));
        }
        return row;
    }

    void count_entries() {
        SparseArrays arrays(matrix_, matrix_.columns());
        const std::int64_t entries = arrays.indices.left();
        if (static_cast<double>(matrix_.rows()) >
            kMostRowsEach * static_cast<double>(entries + matrix_.columns() + 1)) {
            refuse_matrix(matrix_.path(), fmt::format("claims {} rows, but holds {} entries",
                                                      matrix_.rows(), entries));
        }
        open_values(matrix_, entries);
        entries_of_row_.resize(static_cast<std::size_t>(matrix_.rows()));
        for (std::int64_t column = 0; column < matrix_.columns(); ++column) {
            for (std::int64_t left = arrays.next_count(column); left > 0; --left) {
                const std::int64_t row = checked_row(arrays.indices.next(), arrays.indices.name());
                ++entries_of_row_[static_cast<std::size_t>(row)];
            }
        }
        arrays.check_end();
    }

    /// Where the part ends that begins with row `first`: at least a row, as many as memory is for.
    std::int64_t end_of_part(std::int64_t first) const {
        std::int64_t entries = 0;
        std::int64_t row = first;
        for (; row < matrix_.rows(); ++row) {
            entries += entries_of_row_[static_cast<std::size_t>(row)];
            if (entries > budget_ && row > first) break;
        }
        return row;
    }

    /// Where the entries of a row are among those that were collected from row `first` on.
    struct Range {
        std::ptrdiff_t begin;
        std::ptrdiff_t end;
    };
    Range range_of(std::int64_t row, std::int64_t first) const {
        const auto k = static_cast<std::size_t>(row - first);
        return {k == 0 ? 0 : ends_[k - 1], ends_[k]};
    }

    void collect(std::int64_t first, std::int64_t end) {
        ends_.clear();  // first where the next entry of a row goes, at last where its entries end
        std::int64_t entries = 0;
        for (std::int64_t row = first; row < end; ++row) {
            ends_.push_back(entries);
            entries += entries_of_row_[static_cast<std::size_t>(row)];
        }
        columns_.resize(static_cast<std::size_t>(entries));
        values_.resize(static_cast<std::size_t>(entries));
        SparseArrays arrays(matrix_, matrix_.columns());
        NumberQueue<double> values = open_values(matrix_, arrays.indices.left());
        for (std::int64_t column = 0; column < matrix_.columns(); ++column) {
            for (std::int64_t left = arrays.next_count(column); left > 0; --left) {
                const std::int64_t row = arrays.indices.next();
                const double value = values.next();
                if (row < first || row >= end) continue;
                const auto at =
                    static_cast<std::size_t>(ends_[static_cast<std::size_t>(row - first)]++);
                if (at >= columns_.size())
                    refuse_matrix(arrays.indices.name(), "changed while it was read");
                columns_[at] = static_cast<std::uint32_t>(column);
                values_[at] = checked_value(value, values.name(), row, column);
            }
        }
    }

    const MatrixFile& matrix_;
    std::int64_t budget_;  ///< entries
    std::vector<std::int64_t> entries_of_row_;
    std::vector<std::ptrdiff_t> ends_;
    std::vector<std::uint32_t> columns_;
    std::vector<float> values_;
};

}  // namespace

void for_each_row(const MatrixFile& matrix, const std::function<void(data::Document&)>& take,
                  std::int64_t column_budget) {
    switch (matrix.layout()) {
        case MatrixFile::Layout::by_rows:
            return rows_of_csr(matrix, take);
        case MatrixFile::Layout::by_columns:
            return ColumnReader(matrix, column_budget).for_each(take);
        case MatrixFile::Layout::dense:
            return rows_of_dense(matrix, take);
    }
}

}  // namespace hogwild::io
