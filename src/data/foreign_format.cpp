#include "data/foreign_format.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace hogwild::data {
namespace {

using namespace std::string_view_literals;

struct Signature {
    std::string_view bytes;
    const char* message;
};

constexpr const char* kUtf16 =
    "is UTF-16 text; convert it to UTF-8 first (iconv -f UTF-16 -t UTF-8)";

constexpr const char* kUtf32 =
    "is UTF-32 text; convert it to UTF-8 first (iconv -f UTF-32 -t UTF-8)";

constexpr std::array kSignatures{
    Signature{"PK\x03\x04"sv,
              "is a ZIP archive; matrix_to_hdf5 converts .npz matrices, other archives must be "
              "unpacked first (unzip)"},
    Signature{"7z\xbc\xaf\x27\x1c"sv, "is a 7-Zip archive; unpack it first (7z e)"},
    Signature{"Rar!"sv, "is a RAR archive; unpack it first"},
    Signature{"\x1f\x9d"sv, "is compressed by compress (.Z); unpack it first (gzip -d)"},
    Signature{"\x04\x22\x4d\x18"sv, "is compressed by LZ4; unpack it first (lz4 -d)"},
    Signature{"LZIP"sv, "is compressed by lzip; unpack it first (lzip -d)"},
    Signature{"\x5d\x00\x00"sv, "is compressed in the old LZMA format; unpack it first (xz -d)"},
    Signature{"\x89HDF\r\n\x1a\n"sv,
              "is an HDF5 file, not text; matrix_to_hdf5 converts those of AnnData"},
    Signature{"\x93NUMPY"sv, "is a NumPy array (.npy), not text"},
    Signature{"PAR1"sv, "is a Parquet file, not text"},
    Signature{"%PDF-"sv, "is a PDF document, not text"},
    Signature{"\xff\xfe\0\0"sv, kUtf32},
    Signature{"\0\0\xfe\xff"sv, kUtf32},
    Signature{"\xff\xfe"sv, kUtf16},
    Signature{"\xfe\xff"sv, kUtf16},
    Signature{"version https://git-lfs.github.com/spec/"sv,
              "is a pointer of Git LFS in place of the file; fetch the file (git lfs pull)"},
};

std::string lower_case(std::string_view text) {
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return lower;
}

std::string_view without_blanks_before(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    return first == text.npos ? std::string_view() : text.substr(first);
}

bool is_web_page(std::string_view head) {
    constexpr std::size_t kEnough = 64;
    const std::string start = lower_case(without_blanks_before(head).substr(0, kEnough));
    return std::ranges::any_of(std::array{"<!doctype"sv, "<html"sv, "<?xml"sv, "<head"sv},
                               [&](std::string_view tag) { return start.starts_with(tag); });
}

/// Without its mark: ASCII characters, each with a zero byte before or behind it.
/// @return the name of the encoding; empty where it is another one.
std::string utf16_without_mark(std::string_view head) {
    constexpr std::size_t kEnough = 64;
    const std::size_t size = std::min(head.size(), kEnough) / 2 * 2;
    if (size < 4) return {};
    std::array<std::size_t, 2> zeros{};  // at even and odd positions
    for (std::size_t k = 0; k < size; ++k) zeros[k % 2] += head[k] == '\0' ? 1U : 0U;
    if (zeros[0] == 0 && zeros[1] == size / 2) return "UTF-16LE";
    if (zeros[1] == 0 && zeros[0] == size / 2) return "UTF-16BE";
    return {};
}

bool has_zero_bytes(std::string_view head) {
    constexpr std::size_t kEnough = 4096;
    return head.substr(0, kEnough).find('\0') != head.npos;
}

bool is_field_number(std::string_view word) {
    return !word.empty() &&
           std::ranges::all_of(word, [](unsigned char c) { return std::isdigit(c) != 0; });
}

/// `field:feature:value` with three whole or decimal numbers.
bool has_libffm_term(std::string_view line) {
    const std::size_t blank = line.find_first_of(" \t");
    if (blank == line.npos) return false;
    const std::string_view term = without_blanks_before(line.substr(blank));
    const std::string_view word = term.substr(0, std::min(term.find_first_of(" \t"), term.size()));
    const std::size_t one = word.find(':');
    if (one == word.npos) return false;
    const std::size_t two = word.find(':', one + 1);
    return two != word.npos && is_field_number(word.substr(0, one)) &&
           is_field_number(word.substr(one + 1, two - one - 1));
}

}  // namespace

std::string foreign_format(std::string_view head) {
    for (const auto& [bytes, message] : kSignatures) {
        if (head.starts_with(bytes)) return message;
    }
    if (const std::string encoding = utf16_without_mark(head); !encoding.empty()) {
        return "is " + encoding +
               " text without a byte order mark; convert it to UTF-8 first (iconv -f " + encoding +
               " -t UTF-8)";
    }
    if (is_web_page(head)) {
        return "is a web page or XML, not data; was it downloaded from the right address?";
    }
    return {};
}

std::string foreign_line(std::string_view line) {
    if (has_zero_bytes(line)) return "there are zero bytes: is it UTF-16 (iconv) or binary data?";
    const std::string_view text = without_blanks_before(line);
    if (text.starts_with('{') || text.starts_with('[')) return "this looks like JSON";
    if (text.starts_with('@')) return "this looks like ARFF (Weka)";
    if (text.starts_with('%')) return "this looks like Matrix Market";
    if (line.find('|') != line.npos) {
        return "this looks like Vowpal Wabbit, but the text before is SVMlight's";
    }
    if (has_libffm_term(line)) {
        return "this looks like LIBFFM (field:feature:value); leave the fields away";
    }
    const bool has_terms = line.find(':') != line.npos;
    if (!has_terms && line.find(',') != line.npos) {
        return "this looks like CSV; write '<label> <id>:<value> ...'";
    }
    if (!has_terms && line.find('\t') != line.npos) {
        return "this looks like TSV; write '<label> <id>:<value> ...'";
    }
    return {};
}

}  // namespace hogwild::data
