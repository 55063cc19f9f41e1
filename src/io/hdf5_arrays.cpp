#include "io/hdf5_arrays.hpp"

#include <cmath>

#include "data/error.hpp"
#include "io/hdf5_matrices.hpp"

namespace hogwild::io::h5 {

namespace {

template <class T>
void check_finite_values(const Handle& dataset, std::span<const T> values) {
    if (std::ranges::all_of(values, [](T v) { return std::isfinite(v); })) return;
    throw Error(ExitCode::bad_data, dataset.what() + " holds a value that is not finite");
}

}  // namespace

void check_finite(const ReadDataset& dataset, std::span<const double> values) {
    check_finite_values(dataset.handle(), values);
}

void check_finite(const ReadMatrix& dataset, std::span<const float> values) {
    check_finite_values(dataset.handle(), values);
}

std::vector<double> read_reals(const Handle& parent, const std::string& name) {
    const ReadDataset dataset(parent, name, ReadDataset::Kind::real);
    std::vector<double> values(static_cast<std::size_t>(dataset.length()));
    dataset.read(0, std::span<double>(values));
    check_finite(dataset, values);
    return values;
}

std::vector<std::uint32_t> read_columns(const Handle& parent, const std::string& name) {
    const ReadDataset dataset(parent, name, ReadDataset::Kind::integer);
    std::vector<std::uint32_t> columns(static_cast<std::size_t>(dataset.length()));
    dataset.read(0, std::span<std::uint32_t>(columns));
    return columns;
}

}  // namespace hogwild::io::h5
