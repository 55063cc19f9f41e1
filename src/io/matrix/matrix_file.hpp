#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "io/matrix/label_column.hpp"
#include "io/matrix/number_stream.hpp"

namespace hogwild::io {

/// A matrix that another program stored: a row is a document, a column a feature.
class MatrixFile {
public:
    enum class Layout {
        by_rows,     ///< compressed sparse rows (CSR)
        by_columns,  ///< compressed sparse columns (CSC)
        dense,       ///< all values, row by row
    };
    /// What a sparse matrix consists of, as SciPy names it; a dense one has `data` only.
    enum class Part { indptr, indices, data };

    virtual ~MatrixFile() = default;
    const std::string& path() const noexcept { return path_; }
    std::int64_t rows() const noexcept { return rows_; }
    std::int64_t columns() const noexcept { return columns_; }
    Layout layout() const noexcept { return layout_; }
    /// A new stream from the first element on; several may be read at the same time.
    /// @throws Error: bad_data where the part is missing, of another type or damaged.
    virtual std::unique_ptr<NumberStream> open(Part part) const = 0;
    /// The column of this name in a table of the rows' properties.
    /// @throws Error: bad_data where there is none.
    virtual LabelColumn labels(const std::string& column) const;
    /// Whether there is such a column.
    virtual bool has_column(const std::string& /*column*/) const { return false; }

protected:
    explicit MatrixFile(std::string path) : path_(std::move(path)) {}
    /// @throws Error: bad_data unless a dataset can hold so many rows and columns.
    void set_shape(std::int64_t rows, std::int64_t columns);
    void set_layout(Layout layout) noexcept { layout_ = layout; }

private:
    std::string path_;
    std::int64_t rows_ = 0;
    std::int64_t columns_ = 0;
    Layout layout_ = Layout::by_rows;
};

/// Recognises AnnData and SciPy's .npz by their content.
/// @param layer  of AnnData; empty: its main matrix.
/// @throws Error: no_input; bad_data, with what the file is.
std::unique_ptr<MatrixFile> open_matrix(const std::string& path, const std::string& layer);

/// "indptr", "indices", "data".
const char* name_of(MatrixFile::Part part);

}  // namespace hogwild::io
