#include "label_options.hpp"

#include <algorithm>

#include "data/error.hpp"
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
    if (data::is_svmlight_label(word) && word.find(',') == word.npos && word != "?") {
        try {
            return label_value(word);
        } catch (const data::LineError&) {
            // too large to be exact
        }
    }
    refuse("--positive must be a number, as labels are");
}

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

LabelOptions label_options(const GivenLabelOptions& given, io::LabelColumn& column) {
    if (std::ranges::all_of(column.texts(), data::is_svmlight_label)) return label_options(given);
    if (!given.zero_label.empty()) refuse("--zero-label is for labels that are numbers");
    LabelOptions options;
    options.skip_unlabelled = given.skip_unlabelled;
    options.words = column.texts();
    if (given.positive) options.words.push_back(*given.positive);
    std::ranges::sort(options.words);
    // not std::ranges::unique: Clang before 16 cannot compile libstdc++'s subrange
    options.words.erase(std::unique(options.words.begin(), options.words.end()),
                        options.words.end());
    if (given.positive) {
        options.positive = static_cast<double>(place_of(*given.positive, options.words));
    }
    std::vector<std::string> numbers;
    for (const std::string& word : column.texts()) {
        numbers.push_back(std::to_string(place_of(word, options.words)));
    }
    column.rename(std::move(numbers));
    return options;
}

}  // namespace hogwild::tools
