#include "io/hdf5_matrix.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>

#include "io/hdf5_checks.hpp"

namespace hogwild::io::h5 {
namespace {

using Sides = std::array<hsize_t, 2>;

Sides sides(std::int64_t rows, std::int64_t columns) {
    return {static_cast<hsize_t>(rows), static_cast<hsize_t>(columns)};
}

/// The dataspace of a dataset with a block selected in it.
Handle select_block(const Handle& dataset, const Block& block, ExitCode code) {
    Handle space(H5Dget_space(dataset.id()), H5Sclose, code, dataset.what());
    const Sides start = sides(block.first_row, block.first_column);
    const Sides extent = sides(block.rows, block.columns);
    if (H5Sselect_hyperslab(space.id(), H5S_SELECT_SET, start.data(), nullptr, extent.data(),
                            nullptr) < 0) {
        fail(code, dataset.what());
    }
    return space;
}

Handle space_of(std::int64_t rows, std::int64_t columns) {
    const Sides extent = sides(rows, columns);
    return {H5Screate_simple(2, extent.data(), nullptr), H5Sclose, ExitCode::internal, "dataspace"};
}

}  // namespace

WriteMatrix::WriteMatrix(const Handle& parent, const std::string& name, std::int64_t rows,
                         std::int64_t columns, std::int64_t chunk_rows,
                         std::int64_t chunk_columns) {
    const std::string what = parent.what() + "/" + name;
    const Handle space = space_of(rows, columns);
    const Handle layout(H5Pcreate(H5P_DATASET_CREATE), H5Pclose, ExitCode::internal, what);
    const Sides chunk = sides(chunk_rows, chunk_columns);
    if (H5Pset_chunk(layout.id(), 2, chunk.data()) < 0 || H5Pset_fletcher32(layout.id()) < 0) {
        fail(ExitCode::internal, what);
    }
    dataset_ = Handle(H5Dcreate2(parent.id(), name.c_str(), ElementType<float>::file_type(),
                                 space.id(), H5P_DEFAULT, layout.id(), H5P_DEFAULT),
                      H5Dclose, ExitCode::io, what);
}

void WriteMatrix::write(const Block& block, std::span<const float> values) {
    assert(std::ssize(values) == block.rows * block.columns);
    if (values.empty()) return;
    const Handle file_space = select_block(dataset_, block, ExitCode::io);
    const Handle memory_space = space_of(block.rows, block.columns);
    if (H5Dwrite(dataset_.id(), ElementType<float>::memory_type(), memory_space.id(),
                 file_space.id(), H5P_DEFAULT, values.data()) < 0) {
        fail(ExitCode::io, dataset_.what());
    }
}

ReadMatrix::ReadMatrix(const Handle& parent, const std::string& name) {
    const std::string what = parent.what() + "/" + name;
    check_link(parent, name, what);
    dataset_ = Handle(H5Dopen2(parent.id(), name.c_str(), H5P_DEFAULT), H5Dclose,
                      ExitCode::bad_data, what);
    const Handle type(H5Dget_type(dataset_.id()), H5Tclose, ExitCode::bad_data, what);
    const Handle space(H5Dget_space(dataset_.id()), H5Sclose, ExitCode::bad_data, what);
    Sides extent{};
    if (H5Tget_class(type.id()) != H5T_FLOAT ||
        H5Sget_simple_extent_ndims(space.id()) != static_cast<int>(extent.size()) ||
        H5Sget_simple_extent_dims(space.id(), extent.data(), nullptr) < 0) {
        throw Error(ExitCode::bad_data, what + " is not a matrix of numbers");
    }
    constexpr hsize_t kMost = hsize_t{1} << 31;  // along a side: their product fits
    if (std::ranges::max(extent) > kMost) {
        throw Error(ExitCode::bad_data, what + " is larger than any matrix that this program has");
    }
    check_storage(dataset_, extent[0] * extent[1], H5Tget_size(type.id()));
    rows_ = static_cast<std::int64_t>(extent[0]);
    columns_ = static_cast<std::int64_t>(extent[1]);
}

void ReadMatrix::read(const Block& block, std::span<float> out) const {
    assert(std::ssize(out) == block.rows * block.columns);
    if (out.empty()) return;
    const Handle file_space = select_block(dataset_, block, ExitCode::bad_data);
    const Handle memory_space = space_of(block.rows, block.columns);
    if (H5Dread(dataset_.id(), ElementType<float>::memory_type(), memory_space.id(),
                file_space.id(), H5P_DEFAULT, out.data()) < 0) {
        fail(ExitCode::bad_data, dataset_.what(), " is damaged");
    }
    if (std::ranges::all_of(out, [](float v) { return std::isfinite(v); })) return;
    throw Error(ExitCode::bad_data, dataset_.what() + " holds a value that is not finite");
}

}  // namespace hogwild::io::h5
