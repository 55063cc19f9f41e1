#include "app/evaluate/text_labels.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "data/error.hpp"
#include "data/label_name.hpp"
#include "data/line_cursor.hpp"
#include "io/text_reader.hpp"

namespace hogwild::app {

void TextLabels::add(std::string_view word) {
    int label = 0;
    if (word.find(':') != word.npos) {
        throw data::LineError(1, "label '" + std::string(word) +
                                     "' has a weight, or is a feature: evaluate counts every "
                                     "document once and takes labels alone");
    }
    if (word == "?") {
        // no label
    } else if (!positive_.empty()) {
        label = -1;
        for (std::size_t begin = 0; begin <= word.size();) {
            const std::size_t end = std::min(word.find(',', begin), word.size());
            if (data::label_name(word.substr(begin, end - begin)) == positive_) label = 1;
            begin = end + 1;
        }
    } else {
        const double value = data::label_number(word).value_or(2.0);
        if (value != 1.0 && value != -1.0 && value != 0.0) {
            throw data::LineError(1, "label '" + std::string(word) +
                                         "' is none of 1, -1 and 0: name the positive label by "
                                         "--positive");
        }
        label = value == 1.0 ? 1 : -1;
        zero_ = zero_ || value == 0.0;
        minus_one_ = minus_one_ || value == -1.0;
    }
    labels_.push_back(label);
}

std::vector<int> TextLabels::take(const std::string& name) {
    if (zero_ && minus_one_) {
        throw Error(ExitCode::bad_data, name +
                                            " has the labels -1 and 0: write ? where a document "
                                            "has no label, or name the positive label by "
                                            "--positive");
    }
    return std::move(labels_);
}

std::vector<int> read_text_labels(const std::string& path, const std::string& positive) {
    TextLabels labels(positive);
    io::TextReader reader(path);
    io::for_each_line(reader, [&](std::string_view line) {
        data::LineCursor cursor(line);
        cursor.skip_blanks();
        if (cursor.at_end() || cursor.peek() == '#') return;
        labels.add(cursor.word());
    });
    return labels.take(reader.name());
}

}  // namespace hogwild::app
