#include "convert/svmlight_conversion.hpp"

#include <optional>
#include <string_view>

#include "convert/weight_file.hpp"
#include "data/document_text.hpp"
#include "data/error.hpp"

namespace hogwild::tools {
namespace {

/// Either all labels have weights or none: else a line without label would pass for one with both.
/// @param expected  set by the first document.
void check_weight(const data::Document& document, std::optional<bool>& expected) {
    if (!expected) expected = document.weight.has_value();
    if (*expected == document.weight.has_value()) return;
    throw data::LineError(
        1, *expected
               ? "expected <label>:<weight>, as in the lines before"
               : "expected a blank after the label; a weight, as in <label>:<weight>, must be "
                 "in all lines or in none");
}

}  // namespace

std::vector<std::string> convert_svmlight(const SvmlightConversion& texts) {
    Labels labels(texts.labels);
    Conversion conversion(texts.output, "svmlight_to_hdf5", texts.first_id);
    data::DocumentText text(conversion.first_id());
    WeightFile weights(texts.weights);
    std::optional<bool> label_weights;
    data::Document document;
    std::string_view label;
    for (const std::string& path : texts.inputs) {
        conversion.read_text(path, [&](std::string_view line) {
            if (!text.parse(line, document, label)) return;
            check_weight(document, label_weights);
            weights.give(document);
            document.id = conversion.rows() + 1;
            if (!conversion.weighs(document)) return;
            conversion.add(document, labels.add(label));
        });
    }
    weights.finish();
    if (conversion.added() > 0 && !conversion.has_features()) {
        throw Error(ExitCode::bad_data,
                    "no document has a feature; lines are '<label> <id>:<value> ...': is this "
                    "another format, CSV for one?");
    }
    labels.finish();
    conversion.write(labels.labelling());
    std::vector<std::string> notes;
    if (text.is_vowpal_wabbit()) notes.emplace_back("the text was read as Vowpal Wabbit's");
    if (!labels.summary().empty()) notes.push_back(labels.summary());
    return notes;
}

}  // namespace hogwild::tools
