#include "label_options.hpp"

#include <algorithm>

#include "data/error.hpp"
#include "data/label_name.hpp"
#include "data/line_cursor.hpp"
#include "data/svmlight.hpp"

namespace hogwild::tools {
namespace {

namespace po = boost::program_options;

[[noreturn]] void refuse(const std::string& why) { throw Error(ExitCode::usage, why); }

ZeroLabel zero_label_of(const std::string& word) {
    if (word.empty()) return ZeroLabel::unknown;
    if (word == "negative") return ZeroLabel::negative;
    if (word == "unlabelled") return ZeroLabel::unlabelled;
    refuse("--zero-label must be negative or unlabelled");
}

double positive_number(const std::string& word) {
    try {
        if (const std::optional<double> number = data::label_number(word)) return *number;
    } catch (const data::LineError&) {
        // too large to be exact
    }
    refuse("--positive must be a number, as labels are");
}

bool has_comma(std::string_view text) { return text.find(',') != text.npos; }

bool is_number(std::string_view text) { return !has_comma(text) && data::is_svmlight_label(text); }

std::size_t place_of(const std::string& word, const std::vector<std::string>& sorted) {
    return static_cast<std::size_t>(std::ranges::lower_bound(sorted, word) - sorted.begin());
}

}  // namespace

void add_label_options(po::options_description& options, GivenLabelOptions& given) {
    options.add_options()(
        "positive",
        po::value<std::string>()
            ->notifier([&given](const std::string& word) { given.positive = word; })
            ->value_name("LABEL"),
        "this label is positive, all others are negative (default: of two labels the larger; more "
        "become categories)")("zero-label", po::value(&given.zero_label)->value_name("MEANING"),
                              "what label 0 means beside -1 and +1: negative or unlabelled")(
        "skip-unlabelled", po::bool_switch(&given.skip_unlabelled),
        "leave documents without a label (?) out");
}

LabelOptions label_options(const GivenLabelOptions& given) {
    LabelOptions options;
    if (given.positive) options.positive = positive_number(*given.positive);
    options.zero = zero_label_of(given.zero_label);
    options.skip_unlabelled = given.skip_unlabelled;
    return options;
}

bool could_be_lists(const io::LabelColumn& column) {
    return std::ranges::any_of(column.texts(), has_comma) &&
           std::ranges::all_of(column.texts(), data::is_svmlight_label);
}

LabelOptions label_options(const GivenLabelOptions& given, io::LabelColumn& column, bool lists) {
    if (std::ranges::all_of(column.texts(), lists ? data::is_svmlight_label : is_number)) {
        return label_options(given);
    }
    if (!given.zero_label.empty()) refuse("--zero-label is for labels that are numbers");
    LabelOptions options;
    options.skip_unlabelled = given.skip_unlabelled;
    std::vector<std::string> names;
    for (const std::string& text : column.texts()) names.push_back(data::label_name(text));
    options.words = names;
    const std::string positive = data::label_name(given.positive.value_or(""));
    if (given.positive) options.words.push_back(positive);
    std::ranges::sort(options.words);
    // not std::ranges::unique: Clang before 16 cannot compile libstdc++'s subrange
    options.words.erase(std::unique(options.words.begin(), options.words.end()),
                        options.words.end());
    if (given.positive) options.positive = static_cast<double>(place_of(positive, options.words));
    for (std::string& name : names) name = std::to_string(place_of(name, options.words));
    column.rename(std::move(names));
    return options;
}

}  // namespace hogwild::tools
