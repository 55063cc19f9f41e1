#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "data/line_cursor.hpp"

namespace hogwild::data {

/// Whether a line is Vowpal Wabbit's rather than SVMlight's, which may have a bar in comments only.
bool is_vowpal_wabbit_line(std::string_view line);

/// Vowpal Wabbit's text: `[label [importance [base]]] ['tag] |namespace[:scale] <id>[:<value>] …`.
/// Names of features must be numbers, which are their ids: nothing is hashed. All features are in
/// one namespace, or equal ids would mean different features. An id without a value has the value
/// 1; what is repeated is added up, as Vowpal Wabbit does.
/// https://github.com/VowpalWabbit/vowpal_wabbit/wiki/Input-format
class VowpalWabbitParser {
public:
    /// @param first_id  that the smallest feature id may be: 0 or 1.
    explicit VowpalWabbitParser(std::int64_t first_id) : first_id_(first_id) {}

    /// @param out    receives the features and an importance other than 1, >= 0, as its weight; its
    ///               id is left alone.
    /// @param label  receives the label, a view of `line`: a number, or several with commas between
    ///               them; `?` where there is none.
    /// @return false for a blank line.
    /// @throws LineError.
    bool parse(std::string_view line, Document& out, std::string_view& label);

private:
    std::string_view parse_front(std::string_view line, std::size_t bar,
                                 std::optional<float>& importance) const;
    float parse_namespace(LineCursor& cursor);
    void parse_feature(LineCursor& cursor, float scale, Document& out) const;

    std::int64_t first_id_;
    std::optional<std::string> namespace_;  ///< of all features so far
};

}  // namespace hogwild::data
