#include "convert/svmlight_conversion.hpp"

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

#include "convert/weight_file.hpp"
#include "data/document_text.hpp"
#include "data/error.hpp"
#include "io/text_source.hpp"

namespace hogwild::tools {
namespace {

/// Watches that labels have weights, as in <label>:<weight>, in all lines or in none, and that it
/// is not the first feature of a text without labels that passes for both.
class LabelWeights {
public:
    /// @throws data::LineError.
    void check(const data::Document& document, std::string_view label) {
        if (!expected_) expected_ = document.weight.has_value();
        if (*expected_ != document.weight.has_value()) {
            throw data::LineError(
                1, *expected_
                       ? "expected <label>:<weight>, as in the lines before"
                       : "expected a blank after the label; a weight, as in <label>:<weight>, must "
                         "be in all lines or in none");
        }
        if (*expected_ && !are_labels_) are_labels_ = !could_be_feature(document, label);
    }
    /// @throws Error: bad_data.
    void finish() const {
        if (!expected_.value_or(false) || are_labels_) return;
        throw Error(ExitCode::bad_data,
                    "the lines seem to have no labels: each begins with <number>:<number>, and "
                    "the number is below the line's first feature id; if these are labels with "
                    "their weights, write a sign before the labels: +1:0.5");
    }

private:
    /// A whole number without sign, below the ids that follow.
    static bool could_be_feature(const data::Document& document, std::string_view label) {
        std::uint64_t id = 0;
        const auto [end, error] = std::from_chars(label.data(), label.data() + label.size(), id);
        if (error != std::errc() || end != label.data() + label.size()) return false;
        return document.index.empty() || id <= document.index.front();  // an id less one
    }

    std::optional<bool> expected_;  ///< what the first document has
    bool are_labels_ = false;       ///< one of them cannot be a feature
};

/// How messages about all documents call the texts.
std::string name_of(const std::vector<std::string>& texts) {
    const std::size_t others = texts.size() - 1;
    return io::text_name(texts.front()) +
           (others > 0 ? " and " + std::to_string(others) + " more" : "");
}

}  // namespace

std::vector<std::string> convert_svmlight(const SvmlightConversion& texts) {
    Labels labels(texts.labels);
    Conversion conversion(texts.output, "svmlight_to_hdf5", texts.first_id);
    data::DocumentText text(conversion.first_id());
    WeightFile weights(texts.weights);
    LabelWeights label_weights;
    data::Document document;
    std::string_view label;
    for (const std::string& path : texts.inputs) {
        conversion.read_text(path, [&](std::string_view line) {
            if (!text.parse(line, document, label)) return;
            if (!text.is_vowpal_wabbit()) label_weights.check(document, label);
            weights.give(document);
            document.id = conversion.rows() + 1;
            if (!conversion.weighs(document)) return;
            conversion.add(document, labels.add(label));
        });
    }
    weights.finish(conversion);
    check_input(name_of(texts.inputs), [&] {
        label_weights.finish();
        if (conversion.added() > 0 && !conversion.has_features()) {
            throw Error(ExitCode::bad_data,
                        "no document has a feature; lines are '<label> <id>:<value> ...': is this "
                        "another format, CSV for one?");
        }
        labels.finish();
        conversion.check_documents(labels.labelling());
    });
    conversion.write(labels.labelling());
    std::vector<std::string> notes;
    if (text.is_vowpal_wabbit()) notes.emplace_back("the text was read as Vowpal Wabbit's");
    if (!labels.summary().empty()) notes.push_back(labels.summary());
    return notes;
}

}  // namespace hogwild::tools
