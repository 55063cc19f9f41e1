#include "app/predict/text_blocks.hpp"

#include <algorithm>

#include "data/error.hpp"

namespace hogwild::app {
namespace {

constexpr std::int64_t kBlock = 1024;         // documents
constexpr std::size_t kEnoughLabels = 1'000;  // to know that they tell classes apart

/// The label as classes are called: without sign and without zeros behind the point.
std::string_view class_name(std::string_view text) {
    if (text.starts_with('+')) text.remove_prefix(1);
    if (text.find('.') != text.npos && text.find_first_of("eE") == text.npos) {
        text = text.substr(0, text.find_last_not_of('0') + 1);
        if (text.ends_with('.')) text.remove_suffix(1);
    }
    return text;
}

}  // namespace

TextBlocks::TextBlocks(const std::string& path, const io::Model& model, const std::string& category)
    : reader_(path), columns_(model.features), text_(model.feature_id_base) {
    const std::string& trained = model.category.empty() ? model.positive_label : model.category;
    positive_ = category.empty() ? trained : category;
    if (positive_.empty()) positive_ = "1";
    // a category such as CCAT is no number, so that it can stand in no text: labels are -1 and +1
    signs_ = positive_.find_first_not_of("0123456789.-") != positive_.npos;
}

/// Of a list of classes, one is enough.
int TextBlocks::label_of(std::string_view text) {
    if (text == "?") return 0;
    if (seen_.size() < kEnoughLabels && !seen_.contains(text)) seen_.emplace(text);
    while (true) {
        const std::size_t comma = std::min(text.find(','), text.size());
        const std::string_view name = class_name(text.substr(0, comma));
        if (name == positive_ || (signs_ && name == "1")) {
            positive_seen_ = true;
            return 1;
        }
        if (comma == text.size()) {
            other_seen_ = true;
            return -1;
        }
        text.remove_prefix(comma + 1);
    }
}

bool TextBlocks::labels_mean_something() const {
    const bool zero_beside_minus = seen_.contains("0") && seen_.contains("-1");
    const bool one_sign = seen_.size() == 1 && (seen_.contains("+1") || seen_.contains("-1")) &&
                          (signs_ || positive_ == "1");
    return !zero_beside_minus && ((positive_seen_ && other_seen_) || one_sign);
}

bool TextBlocks::next(io::RowBlock& block) {
    block.rows.clear();
    block.document_id.clear();
    std::string_view line;
    while (block.rows.size() < kBlock && reader_.next(line)) {
        try {
            std::string_view label;
            if (!text_.parse(line, document_, label)) continue;
            std::vector<std::uint32_t>& index = document_.index;
            if (!index.empty()) features_ = std::max(features_, std::int64_t{index.back()} + 1);
            const auto known =
                static_cast<std::size_t>(std::ranges::lower_bound(index, columns_) - index.begin());
            left_out_ += std::ssize(index) - static_cast<std::int64_t>(known);
            // one of weight 0 is scored, and compared with nothing
            const float weight = document_.weight.value_or(1.0F);
            block.rows.append({std::span(index).first(known),
                               std::span<const float>(document_.value).first(known)},
                              weight > 0.0F ? label_of(label) : 0, weight > 0.0F ? weight : 1.0F);
            block.document_id.push_back(++documents_);
        } catch (const data::LineError& error) {
            io::fail_in_line(reader_, error);
        }
    }
    return block.rows.size() > 0;
}

}  // namespace hogwild::app
