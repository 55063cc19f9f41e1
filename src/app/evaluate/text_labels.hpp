#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "data/label_name.hpp"

namespace hogwild::app {

/// Labels of documents as text has them: +1, 1, -1 and 0, or any with a positive one among them;
/// `?` is no label.
class TextLabels {
public:
    /// @param positive  the positive class; empty: 1.
    explicit TextLabels(const std::string& positive) : positive_(data::label_name(positive)) {}

    /// @param word  a label, or several with commas between them.
    /// @throws data::LineError for an unknown one.
    void add(std::string_view word);
    /// The labels as +1, -1 and 0 (none). @param name  of their source, for messages.
    /// @throws Error: bad_data where 0 may be a class or may mean "no label".
    std::vector<int> take(const std::string& name);

private:
    std::string positive_;
    std::vector<int> labels_;
    bool zero_ = false;       ///< a label 0 occurs
    bool minus_one_ = false;  ///< a label -1 occurs
};

/// Labels at the beginnings of lines; empty lines and comments (`#`) have none.
/// @throws Error: no_input, bad_data.
std::vector<int> read_text_labels(const std::string& path, const std::string& positive);

}  // namespace hogwild::app
