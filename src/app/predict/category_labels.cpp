#include "app/predict/category_labels.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "app/common/class_labels.hpp"
#include "data/label_name.hpp"

namespace hogwild::app {

std::optional<data::LabelSets> find_labels(io::Dataset& dataset, data::Range rows,
                                           const io::Model& model) {
    const std::vector<std::string>& topics = dataset.header().topics;
    std::vector<std::string> categories;
    for (const io::ModelOutput& output : model.outputs) categories.push_back(output.category);
    if (model.decision == data::Decision::highest) {
        ClassLabels classes(dataset, categories);
        if (!classes.any_known()) return std::nullopt;
        return classes.read(rows.begin, rows.end);
    }
    const auto is_known = [&](const std::string& category) {
        return std::ranges::find(topics, category) != topics.end();
    };
    if (!std::ranges::all_of(categories, is_known)) return std::nullopt;
    return dataset.label_sets(rows.begin, rows.end, categories);
}

data::LabelSets unknown_labels(std::size_t documents, std::size_t outputs) {
    data::LabelSets labels(outputs);
    for (std::size_t i = 0; i < documents; ++i) labels.append_unknown();
    return labels;
}

TextClasses::TextClasses(const std::vector<io::ModelOutput>& outputs) {
    for (const io::ModelOutput& output : outputs) {
        number_.emplace(output.category, static_cast<std::uint16_t>(number_.size()));
    }
}

data::LabelSets TextClasses::read(const std::vector<std::string>& classes, std::int64_t first,
                                  const std::string& text) const {
    data::LabelSets labels(number_.size());
    std::vector<std::uint16_t> own;
    for (const std::string& of_document : classes) {
        if (of_document == "?") {
            labels.append_unknown();
            continue;
        }
        own.clear();
        for (std::size_t begin = 0; begin <= of_document.size();) {
            const std::size_t end = std::min(of_document.find(',', begin), of_document.size());
            const auto found = number_.find(
                data::label_name(std::string_view(of_document).substr(begin, end - begin)));
            if (found != number_.end()) own.push_back(found->second);
            begin = end + 1;
        }
        if (own.size() > 1) {
            throw several_classes(text, first + labels.size(), own.size());
        }
        labels.append(own);
    }
    return labels;
}

}  // namespace hogwild::app
