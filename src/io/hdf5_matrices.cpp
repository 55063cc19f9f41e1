#include "io/hdf5_matrices.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "data/error.hpp"
#include "io/hdf5_arrays.hpp"

namespace hogwild::io::h5 {
namespace {

/// Where a piece of a column is in a file, and in memory.
struct Piece {
    Handle file;
    Handle memory;
};

Piece select_piece(const Handle& dataset, ExitCode code, std::int64_t column, std::int64_t first,
                   std::size_t count) {
    const std::array<hsize_t, 2> start{static_cast<hsize_t>(first), static_cast<hsize_t>(column)};
    const std::array<hsize_t, 2> extent{count, 1};
    Handle file(H5Dget_space(dataset.id()), H5Sclose, code, dataset.what());
    Handle memory(H5Screate_simple(1, extent.data(), nullptr), H5Sclose, ExitCode::internal,
                  "dataspace");
    if (H5Sselect_hyperslab(file.id(), H5S_SELECT_SET, start.data(), nullptr, extent.data(),
                            nullptr) < 0) {
        fail(code, dataset.what());
    }
    return {std::move(file), std::move(memory)};
}

}  // namespace

NewMatrix::NewMatrix(const Handle& parent, const std::string& name, std::int64_t rows,
                     std::int64_t columns, std::int64_t chunk) {
    const std::array<hsize_t, 2> extent{static_cast<hsize_t>(rows), static_cast<hsize_t>(columns)};
    const std::array<hsize_t, 2> chunk_extent{static_cast<hsize_t>(chunk), 1};
    dataset_ =
        create_dataset(parent, name, ElementType<float>::file_type(), extent, chunk_extent, false);
}

void NewMatrix::write(std::int64_t column, std::int64_t first, std::span<const float> values) {
    if (values.empty()) return;
    const Piece piece = select_piece(dataset_, ExitCode::io, column, first, values.size());
    if (H5Dwrite(dataset_.id(), ElementType<float>::memory_type(), piece.memory.id(),
                 piece.file.id(), H5P_DEFAULT, values.data()) < 0) {
        fail(ExitCode::io, dataset_.what());
    }
}

ReadMatrix::ReadMatrix(const Handle& parent, const std::string& name) {
    OpenDataset found = open_dataset(parent, name, ReadDataset::Kind::real, 2);
    dataset_ = std::move(found.handle);
    rows_ = static_cast<std::int64_t>(found.extent[0]);
    columns_ = static_cast<std::int64_t>(found.extent[1]);
}

void ReadMatrix::read(std::int64_t column, std::int64_t first, std::span<float> out) const {
    if (out.empty()) return;
    if (column < 0 || column >= columns_ || first < 0 || first > rows_ - std::ssize(out)) {
        throw Error(ExitCode::bad_data, dataset_.what() + " is smaller than it should be");
    }
    const Piece piece = select_piece(dataset_, ExitCode::bad_data, column, first, out.size());
    if (H5Dread(dataset_.id(), ElementType<float>::memory_type(), piece.memory.id(),
                piece.file.id(), H5P_DEFAULT, out.data()) < 0) {
        fail(ExitCode::bad_data, dataset_.what(), " is damaged");
    }
    check_finite(*this, out);
}

}  // namespace hogwild::io::h5
