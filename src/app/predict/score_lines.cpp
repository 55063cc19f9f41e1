#include "app/predict/score_lines.hpp"

#include <algorithm>
#include <charconv>

namespace hogwild::app {
namespace {

void append_line(std::string& text, const Scored& document) {
    char digits[64];
    text.append(digits, std::to_chars(digits, digits + sizeof digits, document.id).ptr);
    text += '\t';
    text.append(digits, std::to_chars(digits, digits + sizeof digits, document.score).ptr);
    text += document.score > 0.0 ? "\t+1\n" : document.score < 0.0 ? "\t-1\n" : "\t0\n";
}

}  // namespace

ScoreLines::ScoreLines(const std::string& output, LineOrder order, std::int64_t documents)
    : sorted_(order != LineOrder::file), output_(output) {
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
    std::ranges::stable_sort(kept_, {}, &Scored::place);
    for (const Scored& document : kept_) write(document);
    output_.file.commit();
}

void ScoreLines::write(const Scored& document) {
    append_line(output_.file.text(), document);
    output_.file.flush_if_full();
}

}  // namespace hogwild::app
