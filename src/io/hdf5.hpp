#pragma once
#include <hdf5.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "data/error.hpp"

/// Owners for HDF5 handles. Every return code is checked, closes included: on a full disk
/// H5Dclose may be the only call that fails.
namespace hogwild::io::h5 {

/// @throws Error(code): "<what><how>: <HDF5's own reason>". If a system call failed: the system's
/// message, without `how`, and the code that code_of() gives for it.
[[noreturn]] void fail(ExitCode code, const std::string& what, const std::string& how = "");

/// Owns one HDF5 identifier; move-only. `close()` checks; the destructor is for unwinding only.
class Handle {
public:
    using Closer = herr_t (*)(hid_t);
    Handle() = default;
    /// @throws Error(code) naming `what` when `id` is invalid.
    Handle(hid_t id, Closer closer, ExitCode code, std::string what);
    Handle(Handle&& other) noexcept { swap(other); }
    Handle& operator=(Handle&& other) noexcept {
        swap(other);
        return *this;
    }
    ~Handle();
    hid_t id() const noexcept { return id_; }
    const std::string& what() const noexcept { return what_; }
    void close();

private:
    void swap(Handle& other) noexcept {
        std::swap(id_, other.id_);
        std::swap(closer_, other.closer_);
        std::swap(code_, other.code_);
        what_.swap(other.what_);
    }
    hid_t id_ = H5I_INVALID_HID;
    Closer closer_ = nullptr;
    ExitCode code_ = ExitCode::io;
    std::string what_;
};

/// @throws Error: no_input when missing, unreadable or not a regular file (never waits for a pipe);
///         bad_data when not a sound HDF5 file; resource.
Handle open_file(const std::string& path);
/// @throws Error: cannot_create.
Handle create_file(const std::string& path);
Handle create_group(const Handle& parent, const std::string& name);
/// @throws Error: bad_data when missing or elsewhere.
Handle open_group(const Handle& parent, const std::string& name);
bool has_link(const Handle& parent, const std::string& name);
bool has_attribute(const Handle& object, const std::string& name);

/// Memory and file type of an element: signed little-endian in files, as AnnData and SciPy expect.
template <class T>
struct ElementType;
#define HOGWILD_H5_ELEMENT(type, native, file)        \
    template <>                                       \
    struct ElementType<type> {                        \
        static hid_t memory_type() { return native; } \
        static hid_t file_type() { return file; }     \
    }
HOGWILD_H5_ELEMENT(std::int8_t, H5T_NATIVE_INT8, H5T_STD_I8LE);
HOGWILD_H5_ELEMENT(std::int32_t, H5T_NATIVE_INT32, H5T_STD_I32LE);
HOGWILD_H5_ELEMENT(std::int64_t, H5T_NATIVE_INT64, H5T_STD_I64LE);
/// Columns: unsigned in memory, int32 in the file; readers check the range before use.
HOGWILD_H5_ELEMENT(std::uint32_t, H5T_NATIVE_INT32, H5T_STD_I32LE);
HOGWILD_H5_ELEMENT(float, H5T_NATIVE_FLOAT, H5T_IEEE_F32LE);
HOGWILD_H5_ELEMENT(double, H5T_NATIVE_DOUBLE, H5T_IEEE_F64LE);
#undef HOGWILD_H5_ELEMENT

/// Texts are stored at a fixed length, inside checksummed metadata: text of variable length is in a
/// heap without checksums, where a flipped bit can make HDF5 loop for ever.
void write_attribute(const Handle& object, const std::string& name, std::string_view value);
/// At variable length, for texts that other programs expect in this form.
void write_variable_attribute(const Handle& object, const std::string& name,
                              std::string_view value);
void write_attribute(const Handle& object, const std::string& name, std::int64_t value);
void write_attribute(const Handle& object, const std::string& name, double value);
void write_attribute(const Handle& object, const std::string& name,
                     std::span<const std::int64_t> values);
void write_attribute(const Handle& object, const std::string& name,
                     const std::vector<std::string>& values);

/// Readers of attributes. @throws Error: bad_data when missing or of another type.
std::string read_string(const Handle& object, const std::string& name);
std::int64_t read_integer(const Handle& object, const std::string& name);
double read_real(const Handle& object, const std::string& name);
std::vector<std::int64_t> read_integers(const Handle& object, const std::string& name);
std::vector<std::string> read_strings(const Handle& object, const std::string& name);

/// A new dataset with Fletcher32, which can grow along its first dimension.
/// @param extent    of each dimension, at first.
/// @param chunk     as many, > 0.
/// @param compress  shuffle + deflate.
Handle create_dataset(const Handle& parent, const std::string& name, hid_t file_type,
                      std::span<const hsize_t> extent, std::span<const hsize_t> chunk,
                      bool compress);

/// A one-dimensional dataset that grows by appending; chunked, with Fletcher32.
class GrowingDataset {
public:
    /// @param chunk     elements a chunk, > 0.
    /// @param compress  shuffle + deflate.
    GrowingDataset(const Handle& parent, const std::string& name, hid_t file_type,
                   std::int64_t chunk, bool compress);
    template <class T>
    void append(std::span<const T> values) {
        append_raw(values.data(), static_cast<std::int64_t>(values.size()),
                   ElementType<T>::memory_type());
    }
    /// As `append`, for types without a C++ name. `values` holds `count` elements.
    void append_raw(const void* values, std::int64_t count, hid_t memory_type);
    const Handle& handle() const noexcept { return dataset_; }
    void close() { dataset_.close(); }

private:
    Handle dataset_;
    std::int64_t length_ = 0;
};

/// A one-dimensional dataset to read ranges from; any byte order, converted to `T`.
class ReadDataset {
public:
    enum class Kind { integer, real, string };
    /// @throws Error: bad_data when missing, not one-dimensional, not of the kind, or not stored in
    ///         full in this file (hdf5_checks.hpp).
    ReadDataset(const Handle& parent, const std::string& name, Kind kind);
    std::int64_t length() const noexcept { return length_; }
    /// Elements [first, first + out.size()). @throws Error: bad_data on damage.
    template <class T>
    void read(std::int64_t first, std::span<T> out) const {
        read_raw(first, out.data(), static_cast<std::int64_t>(out.size()),
                 ElementType<T>::memory_type());
    }
    std::vector<std::string> read_all_strings() const;
    const Handle& handle() const noexcept { return dataset_; }

private:
    void read_raw(std::int64_t first, void* out, std::int64_t count, hid_t memory_type) const;
    Handle dataset_;
    std::int64_t length_ = 0;
};

/// A dataset that was found sound, and how long it is along each of its dimensions.
struct OpenDataset {
    Handle handle;
    std::vector<hsize_t> extent;
};

/// @param dimensions  1 or 2.
/// @throws Error: bad_data when missing, without these dimensions, not of the kind, or not stored
///         in full in this file (hdf5_checks.hpp).
OpenDataset open_dataset(const Handle& parent, const std::string& name, ReadDataset::Kind kind,
                         int dimensions);

/// Fixed-length strings of `width` bytes each, without their padding.
std::vector<std::string> split_fixed(const std::vector<char>& buffer, std::size_t width);

/// Fixed-length strings, written whole.
void write_strings(const Handle& parent, const std::string& name,
                   const std::vector<std::string>& values);

}  // namespace hogwild::io::h5
