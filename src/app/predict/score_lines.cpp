#include "app/predict/score_lines.hpp"

#include <algorithm>

#include "data/append_number.hpp"

namespace hogwild::app {
namespace {

void append_line(std::string& text, const Scored& document, const LineFormat& format) {
    data::append_number(text, document.id);
    text += '\t';
    data::append_number(text, document.score);
    text += model::predicts_positive(document.score, format.threshold) ? "\t+1" : "\t-1";
    if (format.probability) {
        text += '\t';
        data::append_number(text, format.probability->probability(document.score));
    }
    text += '\n';
}

}  // namespace

ScoreLines::ScoreLines(const std::string& output, LineOrder order, std::int64_t documents,
                       const LineFormat& format)
    : sorted_(order != LineOrder::file), format_(format), output_(output) {
    if (sorted_) kept_.reserve(static_cast<std::size_t>(documents));
}

void ScoreLines::add(const Scored& document) {
    if (sorted_) {
        kept_.push_back(document);
    } else {
        write(document);
    }
}

void ScoreLines::finish() {
    std::ranges::sort(kept_, {}, &Scored::place);  // no two in one place; and in place
    for (const Scored& document : kept_) write(document);
    output_.file.commit();
}

void ScoreLines::write(const Scored& document) {
    append_line(output_.file.text(), document, format_);
    output_.file.flush_if_full();
}

}  // namespace hogwild::app
