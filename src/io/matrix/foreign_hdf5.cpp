#include "io/matrix/foreign_hdf5.hpp"

#include <array>
#include <cstring>

#include "io/hdf5_checks.hpp"

namespace hogwild::io::h5 {
namespace {

std::string path_of(const Handle& parent, const std::string& name) {
    return parent.what() + "/" + name;
}

bool is_variable_text(const Handle& type) { return H5Tis_variable_str(type.id()) > 0; }

/// Texts that HDF5 allocated, given back to it in the end.
class VariableTexts {
public:
    VariableTexts(const Handle& type, const Handle& space, std::int64_t count)
        : type_(type), space_(space), texts_(static_cast<std::size_t>(count)) {}
    VariableTexts(const VariableTexts&) = delete;
    VariableTexts& operator=(const VariableTexts&) = delete;
    ~VariableTexts() { H5Dvlen_reclaim(type_.id(), space_.id(), H5P_DEFAULT, texts_.data()); }
    void* data() noexcept { return texts_.data(); }
    std::vector<std::string> copy() const {
        std::vector<std::string> copied;
        for (const char* text : texts_) copied.emplace_back(text == nullptr ? "" : text);
        return copied;
    }

private:
    const Handle& type_;
    const Handle& space_;
    std::vector<char*> texts_;
};

bool fits(const Handle& type, ForeignArray::Kind kind) {
    const H5T_class_t of = H5Tget_class(type.id());
    if (of == H5T_STRING) return kind == ForeignArray::Kind::any;
    // at most 64 bits: HDF5 knows numbers of any size and would allocate memory in proportion
    if (H5Tget_size(type.id()) > sizeof(std::int64_t)) return false;
    return of == H5T_INTEGER ||
           (kind != ForeignArray::Kind::integers && (of == H5T_FLOAT || of == H5T_ENUM));
}

const char* expected(ForeignArray::Kind kind) {
    switch (kind) {
        case ForeignArray::Kind::integers:
            return "integers";
        case ForeignArray::Kind::numbers:
            return "numbers of at most 64 bits";
        case ForeignArray::Kind::any:
            return "numbers of at most 64 bits or texts";
    }
    return "";
}

std::int64_t chunk_rows_of(const Handle& dataset, int rank) {
    const std::string& what = dataset.what();
    const Handle layout(H5Dget_create_plist(dataset.id()), H5Pclose, ExitCode::bad_data, what);
    if (H5Pget_layout(layout.id()) != H5D_CHUNKED) return 1;
    std::array<hsize_t, 2> chunk{1, 1};
    if (H5Pget_chunk(layout.id(), rank, chunk.data()) < 0) fail(ExitCode::bad_data, what);
    return static_cast<std::int64_t>(chunk[0]);
}

}  // namespace

bool is_group(const Handle& parent, const std::string& name) {
    const std::string what = path_of(parent, name);
    check_link(parent, name, what);
    const Handle object(H5Oopen(parent.id(), name.c_str(), H5P_DEFAULT), H5Oclose,
                        ExitCode::bad_data, what);
    return H5Iget_type(object.id()) == H5I_GROUP;
}

std::vector<std::string> link_names(const Handle& group, std::size_t most) {
    struct Names {
        std::vector<std::string> found;
        std::size_t most;
    } names{{}, most};
    hsize_t at = 0;
    const auto keep = [](hid_t, const char* name, const H5L_info_t*, void* out) -> herr_t {
        auto& kept = *static_cast<Names*>(out);
        kept.found.emplace_back(name);
        return kept.found.size() >= kept.most ? 1 : 0;
    };
    if (H5Literate(group.id(), H5_INDEX_NAME, H5_ITER_INC, &at, keep, &names) < 0) {
        fail(ExitCode::bad_data, group.what());
    }
    return names.found;
}

std::string text_attribute(const Handle& object, const std::string& name) {
    if (!has_attribute(object, name)) return {};
    const std::string what = object.what() + ": attribute " + name;
    const Handle attribute(H5Aopen(object.id(), name.c_str(), H5P_DEFAULT), H5Aclose,
                           ExitCode::bad_data, what);
    const Handle type(H5Aget_type(attribute.id()), H5Tclose, ExitCode::bad_data, what);
    const Handle space(H5Aget_space(attribute.id()), H5Sclose, ExitCode::bad_data, what);
    if (H5Tget_class(type.id()) != H5T_STRING || H5Sget_simple_extent_npoints(space.id()) != 1) {
        return {};
    }
    const std::size_t width = H5Tget_size(type.id());
    check_attribute_storage(attribute, 1, width);
    if (is_variable_text(type)) {
        VariableTexts text(type, space, 1);
        if (H5Aread(attribute.id(), type.id(), text.data()) < 0) fail(ExitCode::bad_data, what);
        return text.copy().front();
    }
    std::string text(width, '\0');
    if (H5Aread(attribute.id(), type.id(), text.data()) < 0) fail(ExitCode::bad_data, what);
    return text.substr(0, ::strnlen(text.data(), width));
}

ForeignArray::ForeignArray(const Handle& parent, const std::string& name, Kind kind) {
    const std::string path = path_of(parent, name);
    check_link(parent, name, path);
    dataset_ = Handle(H5Dopen2(parent.id(), name.c_str(), H5P_DEFAULT), H5Dclose,
                      ExitCode::bad_data, path);
    type_ = Handle(H5Dget_type(dataset_.id()), H5Tclose, ExitCode::bad_data, path);
    if (!fits(type_, kind)) {
        throw Error(ExitCode::bad_data, path + " does not hold " + expected(kind));
    }
    is_text_ = H5Tget_class(type_.id()) == H5T_STRING;
    const Handle space(H5Dget_space(dataset_.id()), H5Sclose, ExitCode::bad_data, path);
    const int rank = H5Sget_simple_extent_ndims(space.id());
    std::array<hsize_t, 2> extent{};
    if ((rank != 1 && rank != 2) ||
        H5Sget_simple_extent_dims(space.id(), extent.data(), nullptr) < 0) {
        throw Error(ExitCode::bad_data, path + " has neither one nor two dimensions");
    }
    const hssize_t elements = H5Sget_simple_extent_npoints(space.id());
    if (elements < 0) fail(ExitCode::bad_data, path);
    check_storage(dataset_, static_cast<hsize_t>(elements), H5Tget_size(type_.id()));
    rows_ = static_cast<std::int64_t>(extent[0]);
    if (rank == 2) columns_ = static_cast<std::int64_t>(extent[1]);
    chunk_rows_ = chunk_rows_of(dataset_, rank);
}

Handle ForeignArray::memory_space(std::int64_t count) const {
    const std::array<hsize_t, 2> extent{static_cast<hsize_t>(count),
                                        static_cast<hsize_t>(columns_.value_or(1))};
    return {H5Screate_simple(columns_ ? 2 : 1, extent.data(), nullptr), H5Sclose,
            ExitCode::internal, "dataspace"};
}

void ForeignArray::read_raw(std::int64_t first, std::int64_t count, void* out,
                            hid_t memory_type) const {
    if (first < 0 || count < 0 || first > rows_ - count) {
        throw Error(ExitCode::bad_data, what() + " is shorter than it should be");
    }
    const std::array<hsize_t, 2> start{static_cast<hsize_t>(first), 0};
    const std::array<hsize_t, 2> extent{static_cast<hsize_t>(count),
                                        static_cast<hsize_t>(columns_.value_or(1))};
    const Handle memory = memory_space(count);
    const Handle space(H5Dget_space(dataset_.id()), H5Sclose, ExitCode::bad_data, what());
    if (H5Sselect_hyperslab(space.id(), H5S_SELECT_SET, start.data(), nullptr, extent.data(),
                            nullptr) < 0 ||
        H5Dread(dataset_.id(), memory_type, memory.id(), space.id(), H5P_DEFAULT, out) < 0) {
        fail(ExitCode::bad_data, what(), " is damaged");
    }
}

std::vector<std::string> ForeignArray::read_texts(std::int64_t first, std::int64_t count) const {
    if (is_variable_text(type_)) {
        const Handle space = memory_space(count);
        VariableTexts texts(type_, space, count);
        read_raw(first, count, texts.data(), type_.id());
        return texts.copy();
    }
    const std::size_t width = H5Tget_size(type_.id());
    std::vector<char> buffer(static_cast<std::size_t>(count) * width);
    read_raw(first, count, buffer.data(), type_.id());
    std::vector<std::string> texts = split_fixed(buffer, width);
    for (std::string& text : texts) text.erase(text.find_last_not_of(' ') + 1);  // padding
    return texts;
}

}  // namespace hogwild::io::h5
