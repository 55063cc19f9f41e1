#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "io/hdf5.hpp"

/// Matrices of 32-bit reals in HDF5 files, stored so that a column is read without the others.
namespace hogwild::io::h5 {

/// A new matrix, written a piece of a column at a time: its chunks are such pieces, with
/// Fletcher32.
class NewMatrix {
public:
    /// @param rows, columns  of the matrix; at least one column.
    /// @param chunk          rows of a chunk, > 0.
    NewMatrix(const Handle& parent, const std::string& name, std::int64_t rows,
              std::int64_t columns, std::int64_t chunk);
    /// Rows [first, first + values.size()) of a column; whole chunks are written fastest.
    void write(std::int64_t column, std::int64_t first, std::span<const float> values);
    void close() { dataset_.close(); }

private:
    Handle dataset_;
};

/// A matrix to read pieces of columns from, in any layout; reals of any width and byte order.
class ReadMatrix {
public:
    /// @throws Error: bad_data when missing, not two-dimensional, not of reals, or not stored in
    ///         full in this file.
    ReadMatrix(const Handle& parent, const std::string& name);
    std::int64_t rows() const noexcept { return rows_; }
    std::int64_t columns() const noexcept { return columns_; }
    /// Rows [first, first + out.size()) of a column.
    /// @throws Error: bad_data on damage, beyond the matrix, and when a value is not finite.
    void read(std::int64_t column, std::int64_t first, std::span<float> out) const;
    const Handle& handle() const noexcept { return dataset_; }

private:
    Handle dataset_;
    std::int64_t rows_ = 0;
    std::int64_t columns_ = 0;
};

}  // namespace hogwild::io::h5
