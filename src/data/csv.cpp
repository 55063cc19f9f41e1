#include "data/csv.hpp"

#include <algorithm>

#include "data/error.hpp"

namespace hogwild::data {
namespace {

class CsvReader {
public:
    CsvReader(std::string_view text, const std::string& name) : text_(text), name_(name) {}

    std::vector<CsvRow> rows() {
        std::vector<CsvRow> rows;
        while (!text_.empty()) {
            if (end_line()) continue;
            rows.push_back(row());
        }
        return rows;
    }

private:
    CsvRow row() {
        CsvRow row{line_, {field()}};
        while (take(',')) row.fields.push_back(field());
        if (!text_.empty() && !end_line()) fail("a comma must follow a quoted field");
        return row;
    }

    std::string field() {
        if (take('"')) return quoted();
        const std::size_t end = std::min(text_.find_first_of(",\r\n"), text_.size());
        std::string field(text_.substr(0, end));
        if (field.find('"') != field.npos) fail("a field with a quote in it must be quoted");
        text_.remove_prefix(end);
        return field;
    }

    /// After the opening quote.
    std::string quoted() {
        const std::int64_t begin = line_;
        std::string field;
        while (!text_.empty()) {
            const char c = text_.front();
            text_.remove_prefix(1);
            if (c == '"' && !take('"')) return field;
            if (c == '\n') ++line_;
            field += c;
        }
        line_ = begin;
        fail("a quoted field has no end");
    }

    bool take(char c) {
        if (!text_.starts_with(c)) return false;
        text_.remove_prefix(1);
        return true;
    }

    /// Takes the end of a line, if one is here.
    bool end_line() {
        const std::size_t length = text_.starts_with("\r\n") ? 2 : text_.starts_with('\n') ? 1 : 0;
        text_.remove_prefix(length);
        if (length > 0) ++line_;
        return length > 0;
    }

    [[noreturn]] void fail(const std::string& reason) const {
        throw Error(ExitCode::bad_data, name_ + ":" + std::to_string(line_) + ": " + reason);
    }

    std::string_view text_;  ///< what is left
    const std::string& name_;
    std::int64_t line_ = 1;
};

}  // namespace

std::vector<CsvRow> parse_csv(std::string_view text, const std::string& name) {
    return CsvReader(text, name).rows();
}

std::string csv_field(std::string_view text) {
    if (text.find_first_of(",\"\r\n") == text.npos) return std::string(text);
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"') quoted += '"';
        quoted += c;
    }
    return quoted + "\"";
}

}  // namespace hogwild::data
