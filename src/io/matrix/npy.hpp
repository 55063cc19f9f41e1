#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/matrix/byte_stream.hpp"
#include "io/matrix/number_stream.hpp"

namespace hogwild::io {

/// What precedes the elements of a NumPy array in a .npy file.
struct NpyHeader {
    char kind = 'f';              ///< of NumPy: b, i, u, f numbers; S, U texts
    std::int64_t item_bytes = 8;  ///< an element takes so many
    bool big_endian = false;
    bool fortran_order = false;  ///< elements are in column order
    std::vector<std::int64_t> shape;
    /// The product of the shape; the largest number where it is larger.
    std::int64_t elements() const;
};

/// The bytes with which a .npy file begins.
inline constexpr std::string_view kNpyMagic = "\x93NUMPY";

/// Reads and checks the header; `bytes` then stands before the first element.
/// @throws Error: bad_data where it is no sound .npy, or the elements are no numbers or texts
///         (records, Python objects, dates), or the file holds more or fewer than it says.
/// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
NpyHeader read_npy_header(ByteStream& bytes);
/// The literal between the header's braces, without these. @throws Error: bad_data, naming `name`.
NpyHeader parse_npy_header(std::string_view literal, const std::string& name);

/// The numbers of an array of one dimension.
/// @param integers  others are refused.
/// @throws Error: bad_data.
std::unique_ptr<NumberStream> open_npy_numbers(std::unique_ptr<ByteStream> bytes, bool integers);
/// The same, after read_npy_header().
std::unique_ptr<NumberStream> open_npy_numbers(std::unique_ptr<ByteStream> bytes,
                                               const NpyHeader& header, bool integers);
/// The texts of an array of one dimension, in UTF-8, without the zeros and blanks that fill them
/// up.
/// @throws Error: bad_data.
void for_each_npy_text(ByteStream& bytes, const NpyHeader& header,
                       const std::function<void(std::string_view)>& take);
/// A single text, as SciPy keeps a matrix' format. @throws Error: bad_data.
std::string read_npy_text(std::unique_ptr<ByteStream> bytes);

}  // namespace hogwild::io
