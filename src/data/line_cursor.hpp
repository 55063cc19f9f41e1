#pragma once
#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace hogwild::data {

/// The largest id that a feature can have: columns from 0 on and the bias have numbers of 31 bits.
inline constexpr std::int64_t kLargestId = std::numeric_limits<std::int32_t>::max() - 1;

/// What is wrong with one line of text, and at which column (from 1).
class LineError : public std::runtime_error {
public:
    LineError(std::size_t column, const std::string& reason)
        : std::runtime_error(reason), column_(column) {}
    std::size_t column() const noexcept { return column_; }

private:
    std::size_t column_;
};

/// One document as the text files have it; the vectors keep their capacity between lines.
struct Document {
    std::int64_t id = 0;
    std::vector<std::uint32_t> index;  ///< feature id - 1, ascending, without repetition
    std::vector<float> value;
    std::optional<float> weight;  ///< >= 0; empty: none is given, which means 1
};

/// Puts the features in order; equal ones keep theirs.
void sort_terms(Document& document);
/// Adds up the values of features that occur several times. @param document  sorted.
void add_up_repeated(Document& document);

/// A position in a line, with the small readers that all formats share.
/// Blanks are spaces, tabs and carriage returns.
class LineCursor {
public:
    explicit LineCursor(std::string_view line) noexcept
        : begin_(line.data()), at_(line.data()), end_(line.data() + line.size()) {}

    void skip_blanks() noexcept {
        while (at_ != end_ && is_blank(*at_)) ++at_;
    }
    bool at_end() const noexcept { return at_ == end_; }
    bool at_blank_or_end() const noexcept { return at_ == end_ || is_blank(*at_); }
    char peek() const noexcept { return *at_; }
    void advance() noexcept { ++at_; }
    const char* position() const noexcept { return at_; }

    /// A run of non-blank characters, possibly empty.
    std::string_view word() noexcept {
        const char* first = at_;
        while (!at_blank_or_end()) ++at_;
        return {first, static_cast<std::size_t>(at_ - first)};
    }

    /// @throws LineError unless an integer in [low, high] stands here; `what` names it.
    std::int64_t integer(const char* what, std::int64_t low, std::int64_t high);
    /// @throws LineError unless a finite number stands here that a float can hold.
    float number(const char* what);
    /// @throws LineError at the current column, or at `where`.
    [[noreturn]] void fail(const std::string& reason) const { fail_at(at_, reason); }
    [[noreturn]] void fail_at(const char* where, const std::string& reason) const {
        throw LineError(static_cast<std::size_t>(where - begin_) + 1, reason);
    }

private:
    static constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\r'; }
    const char* begin_;
    const char* at_;
    const char* end_;
};

/// How a format writes its terms.
struct TermSyntax {
    bool comments = false;      ///< '#' ends a line
    std::int64_t first_id = 1;  ///< smallest id that may occur, 0 or 1; it becomes index 0
};

/// Reads `<id>:<value>` pairs up to the end of the line, and sorts them. A blank may follow the
/// colon. Ids lie in first_id .. 2^31 - 1.
/// @throws LineError on anything else, or a repeated id.
void parse_terms(LineCursor& cursor, const TermSyntax& syntax, Document& out);

}  // namespace hogwild::data
