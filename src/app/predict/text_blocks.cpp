#include "app/predict/text_blocks.hpp"

#include <algorithm>

#include "data/error.hpp"
#include "data/label_name.hpp"
#include "data/svmlight.hpp"

namespace hogwild::app {
namespace {

constexpr std::int64_t kBlock = 1024;         // documents
constexpr std::size_t kEnoughLabels = 1'000;  // to know that they tell classes apart

}  // namespace

TextBlocks::TextBlocks(const std::string& path, const io::Model& model, const std::string& category,
                       std::optional<data::Norm> norm)
    : reader_(path),
      classes_(model.classes.begin(), model.classes.end()),
      columns_(model.features),
      preprocessing_(model.preprocessing()),
      text_(model.feature_id_base) {
    if (norm) preprocessing_.norm = *norm;
    const std::string& trained = model.category.empty() ? model.positive_label : model.category;
    positive_ = data::label_name(category.empty() ? trained : category);
    if (positive_.empty()) positive_ = "1";
    // a category such as CCAT is no number, so that it can stand in no text: labels are -1 and +1
    signs_ = !data::is_svmlight_label(positive_);
}

int TextBlocks::label_of(std::string_view text) {
    if (text == "?") return 0;
    const auto known = seen_.find(text);
    if (known != seen_.end()) return known->second;
    const int label = read_label(text);
    if (seen_.size() < kEnoughLabels) seen_.emplace(text, label);
    return label;
}

/// Of a list of classes, one is enough.
int TextBlocks::read_label(std::string_view text) {
    int label = -1;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find(',', begin), text.size());
        const std::string name = data::label_name(text.substr(begin, end - begin));
        if (name == positive_ || (signs_ && name == "1")) label = 1;
        foreign_seen_ = foreign_seen_ || !classes_.contains(name);
        begin = end + 1;
    }
    (label > 0 ? positive_seen_ : other_seen_) = true;
    return label;
}

bool TextBlocks::labels_mean_something() const {
    if (all_are_classes()) return true;
    const bool zero_beside_minus = seen_.contains("0") && seen_.contains("-1");
    const bool one_sign = seen_.size() == 1 && (seen_.contains("+1") || seen_.contains("-1")) &&
                          (signs_ || positive_ == "1");
    return !zero_beside_minus && ((positive_seen_ && other_seen_) || one_sign);
}

bool TextBlocks::next(io::RowBlock& block) {
    block.rows.clear();
    block.document_id.clear();
    of_block_.clear();
    std::string_view line;
    while (block.rows.size() < kBlock && reader_.next(line)) {
        try {
            std::string_view label;
            if (!text_.parse(line, document_, label)) continue;
            std::vector<std::uint32_t>& index = document_.index;
            if (!index.empty()) features_ = std::max(features_, std::int64_t{index.back()} + 1);
            // all values, also those of features that the model does not have
            if (!preprocessing_.apply(index, document_.value)) {
                throw data::LineError(1, data::Preprocessing::kTooLarge);
            }
            const auto known =
                static_cast<std::size_t>(std::ranges::lower_bound(index, columns_) - index.begin());
            left_out_ += std::ssize(index) - static_cast<std::int64_t>(known);
            // one of weight 0 is scored, and compared with nothing
            const float weight = document_.weight.value_or(1.0F);
            block.rows.append({std::span(index).first(known),
                               std::span<const float>(document_.value).first(known)},
                              weight > 0.0F ? label_of(label) : 0, weight > 0.0F ? weight : 1.0F);
            of_block_.emplace_back(weight > 0.0F ? label : "?");
            block.document_id.push_back(++documents_);
        } catch (const data::LineError& error) {
            io::fail_in_line(reader_, error);
        }
    }
    return block.rows.size() > 0;
}

}  // namespace hogwild::app
