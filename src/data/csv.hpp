#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Comma-separated values as RFC 4180 has them; lines may end with a plain newline.
namespace hogwild::data {

struct CsvRow {
    std::int64_t line = 0;  ///< on which it begins, from 1
    std::vector<std::string> fields;
};

/// The rows of a text, lines without any character left out.
/// @param name  for messages. @throws Error: bad_data, "name:line: reason".
std::vector<CsvRow> parse_csv(std::string_view text, const std::string& name);

/// A field as a row holds it: quoted where it has to be.
std::string csv_field(std::string_view text);

}  // namespace hogwild::data
