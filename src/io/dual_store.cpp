#include "io/dual_store.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "data/error.hpp"
#include "io/digest.hpp"
#include "io/hdf5_arrays.hpp"

namespace hogwild::io {
namespace {

std::string digest_of(const DualVariables& dual) {
    Digest digest;
    digest.update(std::span<const std::int64_t>(dual.document));
    digest.update(std::span<const float>(dual.variable));
    return digest.hex();
}

template <class T>
std::vector<T> read_all(const h5::Handle& group, const std::string& name,
                        h5::ReadDataset::Kind kind) {
    const h5::ReadDataset dataset(group, name, kind);
    std::vector<T> values(static_cast<std::size_t>(dataset.length()));
    dataset.read(0, std::span<T>(values));
    return values;
}

}  // namespace

void write_dual_variables(const h5::Handle& file, const DualVariables& dual) {
    if (dual.empty()) return;
    h5::Handle group = h5::create_group(file, "dual");
    h5::write_array(group, "document", std::span<const std::int64_t>(dual.document));
    h5::write_array(group, "variable", std::span<const float>(dual.variable));
    h5::write_attribute(group, "xxh3", digest_of(dual));
    group.close();
}

DualVariables read_dual_variables(const std::string& path) {
    return read_dual_variables(h5::open_file(path));
}

DualVariables read_dual_variables(const h5::Handle& file) {
    if (!h5::has_link(file, "dual")) return {};
    const h5::Handle group = h5::open_group(file, "dual");
    DualVariables dual{read_all<std::int64_t>(group, "document", h5::ReadDataset::Kind::integer),
                       read_all<float>(group, "variable", h5::ReadDataset::Kind::real)};
    const auto sound = [](float a) { return std::isfinite(a) && a > 0.0F; };
    if (dual.document.size() != dual.variable.size() ||
        !std::ranges::all_of(dual.variable, sound)) {
        throw Error(ExitCode::bad_data, group.what() + " holds no dual variables of documents");
    }
    if (digest_of(dual) != h5::read_string(group, "xxh3")) {
        throw Error(ExitCode::bad_data,
                    group.what() + " differs from what was written; train again");
    }
    return dual;
}

}  // namespace hogwild::io
