#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "io/hdf5.hpp"

/// What other programs store in HDF5 and this one does not: numbers of any type, arrays of two
/// dimensions, text of variable length. The checks of hdf5_checks.hpp hold for them too.
namespace hogwild::io::h5 {

/// @throws Error: bad_data when missing or elsewhere.
bool is_group(const Handle& parent, const std::string& name);
/// Names in a group, at most `most`, in alphabetical order.
std::vector<std::string> link_names(const Handle& group, std::size_t most);
/// A single text of any length; empty where there is none, or an attribute of another type.
std::string text_attribute(const Handle& object, const std::string& name);

/// A dataset of one or two dimensions.
class ForeignArray {
public:
    /// What elements must be.
    enum class Kind {
        integers,
        numbers,  ///< integers, reals or truth values
        any,      ///< texts as well
    };
    /// @throws Error: bad_data when missing, of another kind or not stored in full in this file.
    ForeignArray(const Handle& parent, const std::string& name, Kind kind);

    std::int64_t rows() const noexcept { return rows_; }
    /// Empty: the array has one dimension.
    std::optional<std::int64_t> columns() const noexcept { return columns_; }
    std::int64_t length() const noexcept { return rows_ * columns_.value_or(1); }
    /// Rows of a chunk; 1 where there are no chunks.
    std::int64_t chunk_rows() const noexcept { return chunk_rows_; }
    bool is_text() const noexcept { return is_text_; }
    const std::string& what() const noexcept { return dataset_.what(); }

    /// Whole rows from `first` on; out.size() is a multiple of the columns.
    template <class T>
    void read(std::int64_t first, std::span<T> out) const {
        const std::int64_t width = columns_.value_or(1);
        if (out.empty()) return;
        read_raw(first, static_cast<std::int64_t>(out.size()) / width, out.data(),
                 ElementType<T>::memory_type());
    }
    /// Texts [first, first + count) of one dimension; those of a fixed width without the zeros and
    /// blanks that fill them up.
    std::vector<std::string> read_texts(std::int64_t first, std::int64_t count) const;

private:
    void read_raw(std::int64_t first, std::int64_t count, void* out, hid_t memory_type) const;
    Handle memory_space(std::int64_t count) const;

    Handle dataset_;
    Handle type_;
    std::int64_t rows_ = 0;
    std::optional<std::int64_t> columns_;
    std::int64_t chunk_rows_ = 1;
    bool is_text_ = false;
};

}  // namespace hogwild::io::h5
