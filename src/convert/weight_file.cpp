#include "convert/weight_file.hpp"

#include "cli/file_options.hpp"
#include "data/error.hpp"

namespace hogwild::tools {
namespace po = boost::program_options;

float parse_weight(std::string_view text) {
    data::LineCursor cursor(text);
    cursor.skip_blanks();
    const char* const place = cursor.position();
    const float weight = cursor.number("weight");
    if (weight < 0.0F) cursor.fail_at(place, "the weight is negative");
    cursor.skip_blanks();
    if (!cursor.at_end()) cursor.fail("expected one weight a line");
    return weight;
}

WeightFile::WeightFile(const std::string& path) : path_(path) {
    if (!path.empty()) reader_.emplace(path);
}

void WeightFile::fail(const std::string& reason) const {
    throw Error(ExitCode::bad_data, reader_->name() + ": " + reason);
}

std::optional<float> WeightFile::next() {
    std::string_view line;
    if (!reader_->next(line)) return std::nullopt;
    try {
        return parse_weight(line);
    } catch (const data::LineError& error) {
        fail("line " + std::to_string(reader_->line_number()) + ": " + error.what());
    }
}

void WeightFile::give(data::Document& document) {
    if (!reader_) return;
    if (document.weight) {
        throw data::LineError(1, "the label has a weight, and --weights gives another one");
    }
    const std::optional<float> weight = next();
    if (!weight) {
        fail("has " + std::to_string(reader_->line_number()) +
             " weights, and the text has more documents");
    }
    document.weight = weight;
}

void WeightFile::finish(Conversion& conversion) {
    if (!reader_) return;
    const std::int64_t documents = reader_->line_number();
    if (next()) fail("has more weights than the text has documents, " + std::to_string(documents));
    conversion.add_source(path_, reader_->digest());
}

void add_weight_option(po::options_description& options, std::string& path) {
    options.add_options()(
        "weights",
        file_value(path, io::FileUse::input, io::FileKind::other_text)->value_name("FILE"),
        "weights of the documents, one a line, in their order; 0 leaves a document out");
}

}  // namespace hogwild::tools
