#include "io/matrix/npy.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include "data/error.hpp"
#include "io/matrix/refuse_matrix.hpp"

namespace hogwild::io {
namespace {

/// Reads the dictionary of Python that a header is.
class LiteralParser {
public:
    LiteralParser(std::string_view text, const std::string& name) : rest_(text), name_(name) {}

    NpyHeader parse() {
        NpyHeader header;
        unsigned found = 0;
        expect('{');
        while (!take('}')) {
            const std::string_view key = quoted();
            expect(':');
            found += parse_value(key, header);
            if (!take(',')) {
                expect('}');
                break;
            }
        }
        if (found != kDescr + kOrder + kShape || !rest_.empty()) fail();
        return header;
    }

private:
    static constexpr unsigned kDescr = 1;
    static constexpr unsigned kOrder = 16;
    static constexpr unsigned kShape = 256;

    [[noreturn]] void fail() const {
        refuse_matrix(name_, "has a damaged header; is it a .npy file?");
    }

    unsigned parse_value(std::string_view key, NpyHeader& header) {
        if (key == "descr") {
            parse_type(header);
            return kDescr;
        }
        if (key == "fortran_order") {
            header.fortran_order = truth();
            return kOrder;
        }
        if (key != "shape") fail();
        header.shape = tuple();
        return kShape;
    }

    void parse_type(NpyHeader& header) {
        skip_blanks();
        if (rest_.starts_with('[')) refuse_matrix(name_, "is an array of records, not of numbers");
        const std::string_view type = quoted();
        const auto unsuitable = [&] {
            refuse_matrix(name_,
                          "has elements of NumPy's type '" + std::string(type) +
                              "'; integers, truth values and reals of 4 or 8 bytes are read");
        };
        constexpr std::string_view kOrders = "<>|=";
        if (type.size() < 3 || kOrders.find(type[0]) == kOrders.npos) unsuitable();
        header.kind = type[1];
        const char* const end = type.data() + type.size();
        const auto [stop, error] = std::from_chars(type.data() + 2, end, header.item_bytes);
        if (error != std::errc{} || stop != end || !is_known(header)) unsuitable();
        const bool native_big = std::endian::native == std::endian::big;
        header.big_endian = type[0] == '>' || (type[0] == '=' && native_big);
        if (header.kind == 'U') header.item_bytes *= 4;  // UTF-32
    }

    static bool is_known(const NpyHeader& header) {
        constexpr std::int64_t kMostCharacters = 1 << 20;
        const std::int64_t n = header.item_bytes;
        switch (header.kind) {
            case 'b':
                return n == 1;
            case 'i':
            case 'u':
                return n == 1 || n == 2 || n == 4 || n == 8;
            case 'f':
                return n == 4 || n == 8;
            case 'S':
            case 'U':
                return n >= 0 && n <= kMostCharacters;
            default:
                return false;
        }
    }

    bool truth() {
        skip_blanks();
        for (const std::string_view word : {"True", "False"}) {
            if (!rest_.starts_with(word)) continue;
            rest_.remove_prefix(word.size());
            return word == "True";
        }
        fail();
    }

    std::vector<std::int64_t> tuple() {
        constexpr std::size_t kMostDimensions = 64;  // as NumPy
        std::vector<std::int64_t> numbers;
        expect('(');
        while (!take(')')) {
            if (numbers.size() == kMostDimensions) fail();
            numbers.push_back(number());
            if (!take(',')) {
                expect(')');
                break;
            }
        }
        return numbers;
    }

    std::int64_t number() {
        skip_blanks();
        std::int64_t value = 0;
        const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
        if (error != std::errc{} || value < 0) fail();
        rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
        take('L');  // Python 2 wrote it behind large numbers
        return value;
    }

    std::string_view quoted() {
        skip_blanks();
        if (rest_.empty() || (rest_[0] != '\'' && rest_[0] != '"')) fail();
        const std::size_t end = rest_.find(rest_[0], 1);
        if (end == rest_.npos) fail();
        const std::string_view inside = rest_.substr(1, end - 1);
        rest_.remove_prefix(end + 1);
        return inside;
    }

    void skip_blanks() {
        rest_.remove_prefix(std::min(rest_.find_first_not_of(" \n"), rest_.size()));
    }
    bool take(char c) {
        skip_blanks();
        if (!rest_.starts_with(c)) return false;
        rest_.remove_prefix(1);
        skip_blanks();
        return true;
    }
    void expect(char c) {
        if (!take(c)) fail();
    }

    std::string_view rest_;
    const std::string& name_;
};

template <class T>
T element(const std::byte* bytes, bool swap) {
    std::array<std::byte, sizeof(T)> copy;
    std::memcpy(copy.data(), bytes, sizeof(T));
    if (swap) std::ranges::reverse(copy);
    return std::bit_cast<T>(copy);
}

/// Calls `convert` with a number of the type of the elements.
template <class Convert>
void with_type(const NpyHeader& header, Convert&& convert) {
    const auto of_size = [&]<class A, class B, class C, class D>(A a, B b, C c, D d) {
        switch (header.item_bytes) {
            case 1:
                return convert(a);
            case 2:
                return convert(b);
            case 4:
                return convert(c);
            default:
                return convert(d);
        }
    };
    if (header.kind == 'f') {
        header.item_bytes == 4 ? convert(float{}) : convert(double{});
    } else if (header.kind == 'i') {
        of_size(std::int8_t{}, std::int16_t{}, std::int32_t{}, std::int64_t{});
    } else {
        of_size(std::uint8_t{}, std::uint16_t{}, std::uint32_t{}, std::uint64_t{});
    }
}

class NpyStream final : public NumberStream {
public:
    NpyStream(std::unique_ptr<ByteStream> bytes, const NpyHeader& header)
        : NumberStream(bytes->name()), bytes_(std::move(bytes)), header_(header) {}
    std::int64_t length() const noexcept override { return header_.shape[0]; }
    std::int64_t block() const noexcept override { return 1 << 16; }
    void read(std::span<std::int64_t> out) override { read_as(out); }
    void read(std::span<double> out) override { read_as(out); }

private:
    template <class T>
    void read_as(std::span<T> out) {
        const auto width = static_cast<std::size_t>(header_.item_bytes);
        stored_.resize(out.size() * width);
        bytes_->read_exactly(stored_);
        const bool swap = header_.big_endian != (std::endian::native == std::endian::big);
        with_type(header_, [&]<class Stored>(Stored) {
            for (std::size_t k = 0; k < out.size(); ++k) {
                out[k] = number_of<T>(element<Stored>(stored_.data() + k * width, swap));
            }
        });
    }
    template <class T, class Stored>
    T number_of(Stored value) const {
        if constexpr (std::is_integral_v<T> && std::is_integral_v<Stored>) {
            if (!std::in_range<T>(value)) {
                refuse_matrix(name(), "holds " + std::to_string(value) + ", which is too large");
            }
        }
        return static_cast<T>(value);
    }

    std::unique_ptr<ByteStream> bytes_;
    NpyHeader header_;
    std::vector<std::byte> stored_;
};

void append_utf8(std::string& text, std::uint32_t code) {
    const auto add = [&](std::uint32_t byte) { text.push_back(static_cast<char>(byte)); };
    const auto tail = [&](int shift) { add(0x80U | (code >> shift & 0x3fU)); };
    if (code < 0x80U) return add(code);
    if (code < 0x800U) {
        add(0xc0U | code >> 6);
    } else if (code < 0x10000U) {
        add(0xe0U | code >> 12);
        tail(6);
    } else {
        add(0xf0U | code >> 18);
        tail(12);
        tail(6);
    }
    tail(0);
}

/// @param stored  UTF-32.
std::string utf8_of(std::span<const std::byte> stored, bool big_endian, const std::string& name) {
    constexpr std::uint32_t kMost = 0x10ffff;  // of Unicode
    const bool swap = big_endian != (std::endian::native == std::endian::big);
    std::string text;
    for (std::size_t at = 0; at < stored.size(); at += sizeof(std::uint32_t)) {
        const auto code = element<std::uint32_t>(stored.data() + at, swap);
        if (code > kMost) refuse_matrix(name, "holds a text that is not Unicode");
        append_utf8(text, code);
    }
    return text;
}

}  // namespace

std::int64_t NpyHeader::elements() const {
    std::int64_t product = 1;
    for (const std::int64_t n : shape) {
        if (__builtin_mul_overflow(product, n, &product)) {
            return std::numeric_limits<std::int64_t>::max();
        }
    }
    return product;
}

NpyHeader parse_npy_header(std::string_view literal, const std::string& name) {
    return LiteralParser(literal, name).parse();
}

NpyHeader read_npy_header(ByteStream& bytes) {
    constexpr std::size_t kMostHeader = 1 << 16;
    std::array<std::byte, 12> start{};  // magic, version, length of 2 or 4 bytes
    bytes.read_exactly(std::span(start).first(10));
    if (std::memcmp(start.data(), kNpyMagic.data(), kNpyMagic.size()) != 0) {
        refuse_matrix(bytes.name(), "is not a NumPy array (.npy)");
    }
    const int version = std::to_integer<int>(start[6]);
    if (version < 1 || version > 3) {
        refuse_matrix(bytes.name(),
                      "has version " + std::to_string(version) + " of .npy, not 1 to 3");
    }
    const std::size_t prefix = version == 1 ? 10 : 12;
    if (version > 1) bytes.read_exactly(std::span(start).subspan(10));
    std::size_t length = 0;  // little-endian
    for (std::size_t k = prefix; k-- > 8;)
        length = length << 8 | std::to_integer<unsigned>(start[k]);
    if (length > kMostHeader) refuse_matrix(bytes.name(), "has a header that is too long");
    std::string literal(length, '\0');
    bytes.read_exactly(std::as_writable_bytes(std::span(literal)));
    NpyHeader header = parse_npy_header(literal, bytes.name());
    std::int64_t needed = 0;
    if (__builtin_mul_overflow(header.elements(), header.item_bytes, &needed) ||
        needed != bytes.size() - static_cast<std::int64_t>(prefix + length)) {
        refuse_matrix(bytes.name(), "claims " + std::to_string(header.elements()) +
                                        " elements of " + std::to_string(header.item_bytes) +
                                        " bytes, which is not what it holds; is it truncated?");
    }
    return header;
}

std::unique_ptr<NumberStream> open_npy_numbers(std::unique_ptr<ByteStream> bytes, bool integers) {
    const NpyHeader header = read_npy_header(*bytes);
    return open_npy_numbers(std::move(bytes), header, integers);
}

std::unique_ptr<NumberStream> open_npy_numbers(std::unique_ptr<ByteStream> bytes,
                                               const NpyHeader& header, bool integers) {
    if (header.shape.size() != 1) refuse_matrix(bytes->name(), "is not one-dimensional");
    const bool whole = header.kind == 'i' || header.kind == 'u';
    const bool number = whole || header.kind == 'f' || header.kind == 'b';
    if (!number || (integers && !whole)) {
        refuse_matrix(bytes->name(), integers ? "does not hold integers" : "does not hold numbers");
    }
    return std::make_unique<NpyStream>(std::move(bytes), header);
}

void for_each_npy_text(ByteStream& bytes, const NpyHeader& header,
                       const std::function<void(std::string_view)>& take) {
    if (header.shape.size() != 1) refuse_matrix(bytes.name(), "is not one-dimensional");
    std::vector<std::byte> stored(static_cast<std::size_t>(header.item_bytes));
    for (std::int64_t k = 0; k < header.shape[0]; ++k) {
        bytes.read_exactly(stored);
        std::string text(reinterpret_cast<const char*>(stored.data()), stored.size());
        if (header.kind == 'U') text = utf8_of(stored, header.big_endian, bytes.name());
        text.erase(text.find_last_not_of(std::string_view("\0 ", 2)) + 1);
        take(text);
    }
}

std::string read_npy_text(std::unique_ptr<ByteStream> bytes) {
    const NpyHeader header = read_npy_header(*bytes);
    if ((header.kind != 'S' && header.kind != 'U') || header.elements() != 1) {
        refuse_matrix(bytes->name(), "is not a text");
    }
    std::vector<std::byte> stored(static_cast<std::size_t>(header.item_bytes));
    bytes->read_exactly(stored);
    std::string text;  // of UTF-32 ASCII remains
    for (const std::byte b : stored) {
        if (b != std::byte{0}) text.push_back(static_cast<char>(b));
    }
    return text;
}

}  // namespace hogwild::io
