#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "io/hdf5.hpp"

/// Matrices of floats in HDF5 files, row by row, with Fletcher32.
namespace hogwild::io::h5 {

/// Rows and columns of a part of a matrix.
struct Block {
    std::int64_t first_row = 0;
    std::int64_t rows = 0;
    std::int64_t first_column = 0;
    std::int64_t columns = 0;
};

/// A matrix to be written in blocks.
class WriteMatrix {
public:
    /// @param chunk_rows, chunk_columns  elements of a chunk along each side, > 0.
    WriteMatrix(const Handle& parent, const std::string& name, std::int64_t rows,
                std::int64_t columns, std::int64_t chunk_rows, std::int64_t chunk_columns);
    /// @param values  of the block, row by row.
    void write(const Block& block, std::span<const float> values);
    void close() { dataset_.close(); }

private:
    Handle dataset_;
};

/// A matrix to read blocks from.
class ReadMatrix {
public:
    /// @throws Error: bad_data when missing, not a matrix of reals, or not stored in full in this
    ///         file (hdf5_checks.hpp).
    ReadMatrix(const Handle& parent, const std::string& name);
    std::int64_t rows() const noexcept { return rows_; }
    std::int64_t columns() const noexcept { return columns_; }
    /// @throws Error: bad_data on damage, and if a value is not finite.
    void read(const Block& block, std::span<float> out) const;

private:
    Handle dataset_;
    std::int64_t rows_ = 0;
    std::int64_t columns_ = 0;
};

}  // namespace hogwild::io::h5
