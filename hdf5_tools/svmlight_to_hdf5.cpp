/// Converts SVMlight / LIBSVM / Vowpal Wabbit text to a dataset: two classes, or several as topics.
#include <iostream>
#include <string>
#include <vector>

#include "cli/file_options.hpp"
#include "convert/svmlight_conversion.hpp"
#include "convert/weight_file.hpp"
#include "data/error.hpp"
#include "label_options.hpp"
#include "tool_main.hpp"

namespace {

using namespace hogwild;

struct Options {
    std::vector<std::string> inputs;
    std::string zero_based = "no";
    std::string weights;
    tools::GivenLabelOptions labels;
    tools::OutputOptions output;
};

tools::FirstId first_id_of(const std::string& zero_based) {
    if (zero_based == "no") return tools::FirstId::one;
    if (zero_based == "yes") return tools::FirstId::zero;
    if (zero_based == "auto") return tools::FirstId::automatic;
    throw Error(ExitCode::usage, "--zero-based must be yes, no or auto");
}

void convert(const Options& options) {
    const std::vector<std::string> notes = tools::convert_svmlight(
        {options.inputs, first_id_of(options.zero_based), tools::label_options(options.labels),
         options.output, options.weights});
    if (options.output.quiet) return;
    for (const std::string& note : notes) std::cout << note << '\n';
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    tools::po::options_description description("Options");
    description.add_options()(
        "input",
        file_value(options.inputs, io::FileUse::input, io::FileKind::svmlight)
            ->required()
            ->multitoken()
            ->value_name("FILE..."),
        "svmlight or Vowpal Wabbit text, also compressed (gzip, bzip2, xz, zstd); - is the "
        "standard input; documents are numbered from 1 on")(
        "zero-based",
        tools::po::value(&options.zero_based)
            ->default_value("no")
            ->implicit_value("yes")
            ->value_name("auto"),
        "feature ids begin at 0, not at 1; =auto: if there is an id 0");
    tools::add_label_options(description, options.labels);
    tools::add_weight_option(description, options.weights);
    tools::add_output_options(description, options.output);
    return tools::tool_main(
        argc, argv,
        {.name = "svmlight_to_hdf5",
         .summary = "Converts SVMlight, LIBSVM or Vowpal Wabbit text to a dataset.",
         .usage = "--input FILE... --output NAME.h5 [options]",
         .common = {},
         .examples = {"svmlight_to_hdf5 --input train.svm.gz --output train.h5",
                      "svmlight_to_hdf5 --input a.svm b.svm --output train.h5 --shards 8",
                      "bzcat data.bz2 | svmlight_to_hdf5 --input - --output train.h5"},
         .notes = {},
         .options = description},
        [&](const tools::po::variables_map& values) {
            tools::check_output_options(values, options.output);
            convert(options);
        });
}
