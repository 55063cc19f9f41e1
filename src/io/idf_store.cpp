#include "io/idf_store.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "data/error.hpp"
#include "io/digest.hpp"
#include "io/hdf5_arrays.hpp"

namespace hogwild::io {
namespace {

bool is_factor(double value) { return std::isfinite(value) && value > 0.0; }

}  // namespace

std::string digest_of(const data::Idf& idf) {
    if (idf.empty()) return {};
    Digest digest;
    const std::vector<std::uint32_t> columns = idf.columns.members();
    digest.update(std::span<const std::uint32_t>(columns));
    digest.update(std::span<const double>(idf.factors));
    digest.update(&idf.absent, sizeof idf.absent);
    return digest.hex();
}

void write_idf(const h5::Handle& file, const data::Idf& idf) {
    if (idf.empty()) return;
    h5::Handle group = h5::create_group(file, "idf");
    const std::vector<std::uint32_t> columns = idf.columns.members();
    h5::write_array(group, "column", std::span<const std::uint32_t>(columns));
    h5::write_array(group, "factor", std::span<const double>(idf.factors));
    h5::write_attribute(group, "absent", idf.absent);
    h5::write_attribute(group, "xxh3", digest_of(idf));
    group.close();
}

data::Idf read_idf(const h5::Handle& file) {
    if (!h5::has_link(file, "idf")) return {};
    const h5::Handle group = h5::open_group(file, "idf");
    std::vector<std::uint32_t> columns = h5::read_columns(group, "column");
    std::vector<double> factors = h5::read_reals(group, "factor");
    const double absent = h5::read_real(group, "absent");
    const bool sound =
        columns.size() == factors.size() && is_factor(absent) &&
        std::ranges::all_of(factors, is_factor) &&
        std::ranges::adjacent_find(columns, std::greater_equal<>()) == columns.end() &&
        (columns.empty() || columns.back() < data::FeatureSet::kAbsent);
    if (!sound) {
        throw Error(ExitCode::bad_data,
                    group.what() + " holds no inverse document frequencies of ascending columns");
    }
    data::Idf idf(std::move(columns), std::move(factors), absent);
    if (digest_of(idf) != h5::read_string(group, "xxh3")) {
        throw Error(ExitCode::bad_data,
                    group.what() + " differs from what was written; convert or train again");
    }
    return idf;
}

}  // namespace hogwild::io
