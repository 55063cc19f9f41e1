#pragma once
#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "io/hdf5.hpp"

/// Whole arrays of numbers in HDF5 files.
namespace hogwild::io::h5 {

class ReadMatrix;

/// A new array of this length, to be appended to, in chunks of at most 65,536 elements.
template <class T>
GrowingDataset create_array(const Handle& parent, const std::string& name, std::int64_t length) {
    constexpr std::int64_t kChunk = std::int64_t{1} << 16;
    return {parent, name, ElementType<T>::file_type(), std::clamp<std::int64_t>(length, 1, kChunk),
            false};
}

template <class T>
void write_array(const Handle& parent, const std::string& name, std::span<const T> values) {
    auto dataset = create_array<T>(parent, name, std::ssize(values));
    dataset.append(values);
    dataset.close();
}

/// @throws Error: bad_data if one of the values, which come from the dataset, is not finite.
void check_finite(const ReadDataset& dataset, std::span<const double> values);
void check_finite(const ReadMatrix& dataset, std::span<const float> values);

/// All values of a dataset of reals. @throws Error: bad_data, also if one is not finite.
std::vector<double> read_reals(const Handle& parent, const std::string& name);

/// All columns of a dataset of integers, unchecked. @throws Error: bad_data.
std::vector<std::uint32_t> read_columns(const Handle& parent, const std::string& name);

}  // namespace hogwild::io::h5
