#include "io/hdf5_arrays.hpp"

#include <cmath>

#include "data/error.hpp"

namespace hogwild::io::h5 {

void check_finite(const ReadDataset& dataset, std::span<const double> values) {
    if (std::ranges::all_of(values, [](double v) { return std::isfinite(v); })) return;
    throw Error(ExitCode::bad_data, dataset.handle().what() + " holds a value that is not finite");
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
