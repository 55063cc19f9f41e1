#include "io/hdf5.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "io/hdf5_checks.hpp"
#include "io/input_file.hpp"
#include "io/system_error.hpp"

namespace hogwild::io::h5 {
namespace {

/// Why the last call of HDF5 failed.
struct Cause {
    std::string text;
    int error = 0;           ///< errno of the failed system call, if there was one
    bool no_memory = false;  ///< HDF5 could not allocate what it wanted
};

/// HDF5's file drivers write one long line that contains the system's message.
int system_error_in(const std::string& story) {
    constexpr std::string_view kMark = ", errno = ";
    int error = 0;
    if (const std::size_t at = story.rfind(kMark); at != std::string::npos) {
        std::from_chars(story.data() + at + kMark.size(), story.data() + story.size(), error);
    }
    return error;
}

/// The message of the innermost entry of HDF5's error stack, which names the cause.
Cause last_cause() {
    Cause cause;
    const auto keep_first = [](unsigned n, const H5E_error2_t* entry, void* out) -> herr_t {
        if (n > 0) return 0;
        auto& kept = *static_cast<Cause*>(out);
        if (entry->desc != nullptr) kept.text = entry->desc;
        kept.no_memory = entry->maj_num == H5E_RESOURCE && entry->min_num == H5E_NOSPACE;
        return 0;
    };
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_first, &cause);
    cause.error = system_error_in(cause.text);
    cause.text =
        cause.error != 0 ? system_text(cause.error) : cause.text.substr(0, cause.text.find('\n'));
    return cause;
}

Handle string_type(std::size_t size) {
    Handle type(H5Tcopy(H5T_C_S1), H5Tclose, ExitCode::internal, "string type");
    if (H5Tset_size(type.id(), size) < 0 || H5Tset_cset(type.id(), H5T_CSET_UTF8) < 0) {
        fail(ExitCode::internal, "string type");
    }
    return type;
}

Handle simple_space(std::int64_t length) {
    const auto extent = static_cast<hsize_t>(length);
    return {H5Screate_simple(1, &extent, nullptr), H5Sclose, ExitCode::internal, "dataspace"};
}

void write_attribute_raw(const Handle& object, const std::string& name, hid_t file_type,
                         hid_t memory_type, const Handle& space, const void* value) {
    const std::string what = object.what() + ": attribute " + name;
    Handle attribute(
        H5Acreate2(object.id(), name.c_str(), file_type, space.id(), H5P_DEFAULT, H5P_DEFAULT),
        H5Aclose, ExitCode::io, what);
    const bool empty =
        H5Sget_simple_extent_npoints(space.id()) == 0;  // HDF5 refuses to write nothing
    if (!empty && H5Awrite(attribute.id(), memory_type, value) < 0) fail(ExitCode::io, what);
    attribute.close();
}

Handle scalar_space() { return {H5Screate(H5S_SCALAR), H5Sclose, ExitCode::internal, "dataspace"}; }

/// Accepts at most 64 bits: HDF5 knows numbers of any size and would allocate memory in proportion.
bool is_of_kind(const Handle& type, H5T_class_t expected) {
    return H5Tget_class(type.id()) == expected &&
           (expected == H5T_STRING || H5Tget_size(type.id()) <= sizeof(std::int64_t));
}

Handle open_attribute(const Handle& object, const std::string& name, H5T_class_t type_class) {
    const std::string what = object.what() + ": attribute " + name;
    if (!has_attribute(object, name)) {
        throw Error(ExitCode::bad_data, what + " is missing; convert the data again");
    }
    Handle attribute(H5Aopen(object.id(), name.c_str(), H5P_DEFAULT), H5Aclose, ExitCode::bad_data,
                     what);
    const Handle type(H5Aget_type(attribute.id()), H5Tclose, ExitCode::bad_data, what);
    if (!is_of_kind(type, type_class)) {
        throw Error(ExitCode::bad_data, what + " has the wrong type");
    }
    return attribute;
}

/// Number of elements, of which each takes `element_bytes` in the file.
std::int64_t attribute_length(const Handle& attribute, std::size_t element_bytes) {
    const Handle space(H5Aget_space(attribute.id()), H5Sclose, ExitCode::bad_data,
                       attribute.what());
    const hssize_t n = H5Sget_simple_extent_npoints(space.id());
    if (n < 0) fail(ExitCode::bad_data, attribute.what());
    check_attribute_storage(attribute, static_cast<hsize_t>(n), element_bytes);
    return n;
}

/// Strings as HDF5 stores them at a fixed length, zero-padded.
struct FixedStrings {
    explicit FixedStrings(const std::vector<std::string>& values) {
        for (const std::string& value : values) width = std::max(width, value.size() + 1);
        buffer.resize(values.size() * width);
        for (std::size_t i = 0; i < values.size(); ++i) {
            std::ranges::copy(values[i], buffer.begin() + static_cast<std::ptrdiff_t>(i * width));
        }
    }
    std::size_t width = 1;
    std::vector<char> buffer;
};

}  // namespace

void fail(ExitCode code, const std::string& what, const std::string& how) {
    const Cause cause = last_cause();
    if (cause.no_memory) throw Error(ExitCode::resource, what + ": not enough memory to read it");
    if (cause.error != 0) throw Error(code_of(cause.error, code), what + ": " + cause.text);
    throw Error(code, what + how + (cause.text.empty() ? "" : ": " + cause.text));
}

Handle::Handle(hid_t id, Closer closer, ExitCode code, std::string what)
    : id_(id), closer_(closer), code_(code), what_(std::move(what)) {
    if (id_ < 0) fail(code_, what_);
}

Handle::~Handle() {
    if (id_ >= 0) closer_(id_);
}

void Handle::close() {
    if (id_ < 0) return;
    if (closer_(std::exchange(id_, H5I_INVALID_HID)) < 0) fail(code_, what_ + ": cannot close");
}

Handle open_file(const std::string& path) {
    check_regular_file(path);
    if (H5Fis_hdf5(path.c_str()) == 0) {
        throw Error(ExitCode::bad_data, path +
                                            ": is not an HDF5 file; text is converted with "
                                            "rcv1_to_hdf5 or svmlight_to_hdf5, .npz with "
                                            "matrix_to_hdf5");
    }
    return {H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose, ExitCode::bad_data, path};
}

Handle create_file(const std::string& path) {
    // The 1.10 format: metadata carry checksums too, so that every flipped byte is detected.
    const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, ExitCode::internal, path);
    if (H5Pset_libver_bounds(access.id(), H5F_LIBVER_V110, H5F_LIBVER_V110) < 0) {
        fail(ExitCode::internal, path);
    }
    return {H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access.id()), H5Fclose,
            ExitCode::io, path};
}

Handle create_group(const Handle& parent, const std::string& name) {
    return {H5Gcreate2(parent.id(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose,
            ExitCode::io, parent.what() + ": /" + name};
}

Handle open_group(const Handle& parent, const std::string& name) {
    const std::string what = parent.what() + ": /" + name;
    check_link(parent, name, what);
    return {H5Gopen2(parent.id(), name.c_str(), H5P_DEFAULT), H5Gclose, ExitCode::bad_data, what};
}

bool has_link(const Handle& parent, const std::string& name) {
    return H5Lexists(parent.id(), name.c_str(), H5P_DEFAULT) > 0;
}

bool has_attribute(const Handle& object, const std::string& name) {
    return H5Aexists(object.id(), name.c_str()) > 0;
}

void write_attribute(const Handle& object, const std::string& name, std::string_view value) {
    const std::string text(value);
    const Handle type = string_type(std::max<std::size_t>(1, text.size() + 1));
    write_attribute_raw(object, name, type.id(), type.id(), scalar_space(), text.c_str());
}

void write_variable_attribute(const Handle& object, const std::string& name,
                              std::string_view value) {
    const std::string text(value);
    const char* pointer = text.c_str();
    const Handle type = string_type(H5T_VARIABLE);
    write_attribute_raw(object, name, type.id(), type.id(), scalar_space(), &pointer);
}

void write_attribute(const Handle& object, const std::string& name, std::int64_t value) {
    write_attribute_raw(object, name, H5T_STD_I64LE, H5T_NATIVE_INT64, scalar_space(), &value);
}

void write_attribute(const Handle& object, const std::string& name, double value) {
    write_attribute_raw(object, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, scalar_space(), &value);
}

void write_attribute(const Handle& object, const std::string& name,
                     std::span<const std::int64_t> values) {
    write_attribute_raw(object, name, H5T_STD_I64LE, H5T_NATIVE_INT64,
                        simple_space(static_cast<std::int64_t>(values.size())), values.data());
}

void write_attribute(const Handle& object, const std::string& name,
                     const std::vector<std::string>& values) {
    const FixedStrings fixed(values);
    const Handle type = string_type(fixed.width);
    write_attribute_raw(object, name, type.id(), type.id(),
                        simple_space(static_cast<std::int64_t>(values.size())),
                        fixed.buffer.data());
}

std::vector<std::string> read_strings(const Handle& object, const std::string& name) {
    const Handle attribute = open_attribute(object, name, H5T_STRING);
    const Handle type(H5Aget_type(attribute.id()), H5Tclose, ExitCode::bad_data, attribute.what());
    if (H5Tis_variable_str(type.id()) > 0) {
        throw Error(ExitCode::bad_data, attribute.what() + " is not of fixed length");
    }
    const std::size_t width = H5Tget_size(type.id());
    const auto count = static_cast<std::size_t>(attribute_length(attribute, width));
    if (count == 0) return {};
    std::vector<char> buffer(count * width);
    if (H5Aread(attribute.id(), type.id(), buffer.data()) < 0) {
        fail(ExitCode::bad_data, attribute.what());
    }
    return split_fixed(buffer, width);
}

std::string read_string(const Handle& object, const std::string& name) {
    std::vector<std::string> values = read_strings(object, name);
    if (values.size() != 1) {
        throw Error(ExitCode::bad_data, object.what() + ": attribute " + name + " is not one text");
    }
    return std::move(values.front());
}

std::vector<std::int64_t> read_integers(const Handle& object, const std::string& name) {
    const Handle attribute = open_attribute(object, name, H5T_INTEGER);
    std::vector<std::int64_t> values(static_cast<std::size_t>(attribute_length(attribute, 1)));
    if (!values.empty() && H5Aread(attribute.id(), H5T_NATIVE_INT64, values.data()) < 0) {
        fail(ExitCode::bad_data, attribute.what());
    }
    return values;
}

std::int64_t read_integer(const Handle& object, const std::string& name) {
    const std::vector<std::int64_t> values = read_integers(object, name);
    if (values.size() != 1) {
        throw Error(ExitCode::bad_data,
                    object.what() + ": attribute " + name + " is not one number");
    }
    return values.front();
}

double read_real(const Handle& object, const std::string& name) {
    const Handle attribute = open_attribute(object, name, H5T_FLOAT);
    double value = 0.0;
    if (attribute_length(attribute, 1) != 1 ||
        H5Aread(attribute.id(), H5T_NATIVE_DOUBLE, &value) < 0) {
        fail(ExitCode::bad_data, attribute.what());
    }
    return value;
}

Handle create_dataset(const Handle& parent, const std::string& name, hid_t file_type,
                      std::span<const hsize_t> extent, std::span<const hsize_t> chunk,
                      bool compress) {
    const std::string what = parent.what() + "/" + name;
    const auto dimensions = static_cast<int>(extent.size());
    std::vector<hsize_t> most(extent.begin(), extent.end());
    most.front() = H5S_UNLIMITED;
    const Handle space(H5Screate_simple(dimensions, extent.data(), most.data()), H5Sclose,
                       ExitCode::internal, what);
    const Handle layout(H5Pcreate(H5P_DATASET_CREATE), H5Pclose, ExitCode::internal, what);
    if (H5Pset_chunk(layout.id(), dimensions, chunk.data()) < 0 ||
        (compress && (H5Pset_shuffle(layout.id()) < 0 || H5Pset_deflate(layout.id(), 4) < 0)) ||
        H5Pset_fletcher32(layout.id()) < 0) {
        fail(ExitCode::internal, what);
    }
    return {H5Dcreate2(parent.id(), name.c_str(), file_type, space.id(), H5P_DEFAULT, layout.id(),
                       H5P_DEFAULT),
            H5Dclose, ExitCode::io, what};
}

GrowingDataset::GrowingDataset(const Handle& parent, const std::string& name, hid_t file_type,
                               std::int64_t chunk, bool compress) {
    const hsize_t none = 0;
    const auto chunk_extent = static_cast<hsize_t>(chunk);
    dataset_ = create_dataset(parent, name, file_type, {&none, 1}, {&chunk_extent, 1}, compress);
}

void GrowingDataset::append_raw(const void* values, std::int64_t count, hid_t memory_type) {
    if (count == 0) return;
    const auto start = static_cast<hsize_t>(length_);
    const auto extent = static_cast<hsize_t>(count);
    const hsize_t total = start + extent;
    if (H5Dset_extent(dataset_.id(), &total) < 0) fail(ExitCode::io, dataset_.what());
    const Handle file_space(H5Dget_space(dataset_.id()), H5Sclose, ExitCode::io, dataset_.what());
    const Handle memory_space = simple_space(count);
    if (H5Sselect_hyperslab(file_space.id(), H5S_SELECT_SET, &start, nullptr, &extent, nullptr) <
            0 ||
        H5Dwrite(dataset_.id(), memory_type, memory_space.id(), file_space.id(), H5P_DEFAULT,
                 values) < 0) {
        fail(ExitCode::io, dataset_.what());
    }
    length_ += count;
}

OpenDataset open_dataset(const Handle& parent, const std::string& name, ReadDataset::Kind kind,
                         int dimensions) {
    using Kind = ReadDataset::Kind;
    const std::string what = parent.what() + "/" + name;
    check_link(parent, name, what);
    Handle dataset(H5Dopen2(parent.id(), name.c_str(), H5P_DEFAULT), H5Dclose, ExitCode::bad_data,
                   what);
    const Handle type(H5Dget_type(dataset.id()), H5Tclose, ExitCode::bad_data, what);
    const H5T_class_t expected = kind == Kind::integer ? H5T_INTEGER
                                 : kind == Kind::real  ? H5T_FLOAT
                                                       : H5T_STRING;
    if (!is_of_kind(type, expected)) {
        throw Error(ExitCode::bad_data, what + " has the wrong element type");
    }
    const Handle space(H5Dget_space(dataset.id()), H5Sclose, ExitCode::bad_data, what);
    std::vector<hsize_t> extent(static_cast<std::size_t>(dimensions));
    if (H5Sget_simple_extent_ndims(space.id()) != dimensions ||
        H5Sget_simple_extent_dims(space.id(), extent.data(), nullptr) < 0) {
        throw Error(ExitCode::bad_data,
                    what + " is not " + (dimensions == 1 ? "one" : "two") + "-dimensional");
    }
    const hssize_t elements = H5Sget_simple_extent_npoints(space.id());
    if (elements < 0) fail(ExitCode::bad_data, what);
    check_storage(dataset, static_cast<hsize_t>(elements), H5Tget_size(type.id()));
    return {std::move(dataset), std::move(extent)};
}

ReadDataset::ReadDataset(const Handle& parent, const std::string& name, Kind kind) {
    OpenDataset found = open_dataset(parent, name, kind, 1);
    dataset_ = std::move(found.handle);
    length_ = static_cast<std::int64_t>(found.extent.front());
}

void ReadDataset::read_raw(std::int64_t first, void* out, std::int64_t count,
                           hid_t memory_type) const {
    if (count == 0) return;
    if (first < 0 || count < 0 || first > length_ - count) {
        throw Error(ExitCode::bad_data, dataset_.what() + " is shorter than it should be");
    }
    const auto start = static_cast<hsize_t>(first);
    const auto extent = static_cast<hsize_t>(count);
    const Handle file_space(H5Dget_space(dataset_.id()), H5Sclose, ExitCode::bad_data,
                            dataset_.what());
    const Handle memory_space = simple_space(count);
    if (H5Sselect_hyperslab(file_space.id(), H5S_SELECT_SET, &start, nullptr, &extent, nullptr) <
            0 ||
        H5Dread(dataset_.id(), memory_type, memory_space.id(), file_space.id(), H5P_DEFAULT, out) <
            0) {
        fail(ExitCode::bad_data, dataset_.what(), " is damaged");
    }
}

std::vector<std::string> ReadDataset::read_all_strings() const {
    const Handle type(H5Dget_type(dataset_.id()), H5Tclose, ExitCode::bad_data, dataset_.what());
    const std::size_t width = H5Tget_size(type.id());
    constexpr std::size_t kMostBytes = std::size_t{64} << 20;  // of all: these are names
    if (H5Tis_variable_str(type.id()) > 0 || width > kMostBytes || length_ > 65536 ||
        static_cast<std::size_t>(length_) * width > kMostBytes) {
        throw Error(ExitCode::bad_data, dataset_.what() + " does not hold short fixed strings");
    }
    std::vector<char> buffer(static_cast<std::size_t>(length_) * width);
    if (length_ > 0 &&
        H5Dread(dataset_.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, buffer.data()) < 0) {
        fail(ExitCode::bad_data, dataset_.what(), " is damaged");
    }
    return split_fixed(buffer, width);
}

std::vector<std::string> split_fixed(const std::vector<char>& buffer, std::size_t width) {
    std::vector<std::string> strings;
    for (std::size_t at = 0; width > 0 && at + width <= buffer.size(); at += width) {
        strings.emplace_back(buffer.data() + at, ::strnlen(buffer.data() + at, width));
    }
    return strings;
}

void write_strings(const Handle& parent, const std::string& name,
                   const std::vector<std::string>& values) {
    const FixedStrings fixed(values);
    const Handle type = string_type(fixed.width);
    GrowingDataset dataset(parent, name, type.id(), std::max<std::int64_t>(1, std::ssize(values)),
                           false);
    dataset.append_raw(fixed.buffer.data(), std::ssize(values), type.id());
    dataset.close();
}

}  // namespace hogwild::io::h5
