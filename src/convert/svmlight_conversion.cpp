#include "convert/svmlight_conversion.hpp"

#include <string_view>

#include "data/document_text.hpp"
#include "data/error.hpp"

namespace hogwild::tools {

std::vector<std::string> convert_svmlight(const SvmlightConversion& texts) {
    Labels labels(texts.labels);
    Conversion conversion(texts.output, "svmlight_to_hdf5", texts.first_id);
    data::DocumentText text(conversion.first_id());
    data::Document document;
    std::string_view label;
    for (const std::string& path : texts.inputs) {
        conversion.read_text(path, [&](std::string_view line) {
            if (!text.parse(line, document, label)) return;
            document.id = conversion.rows() + 1;
            conversion.add(document, labels.add(label));
        });
    }
    if (conversion.rows() > 0 && !conversion.has_features()) {
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
