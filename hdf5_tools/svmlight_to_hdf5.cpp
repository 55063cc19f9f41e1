/// Converts SVMlight / LIBSVM text to a dataset with one label per document.
#include <array>

#include "cli/file_options.hpp"
#include "convert.hpp"
#include "data/svmlight.hpp"
#include "tool_main.hpp"

namespace {

using namespace hogwild;

void convert(const std::vector<std::string>& inputs, const tools::OutputOptions& output) {
    constexpr std::array<std::uint16_t, 1> kPositive{0};
    tools::Conversion conversion(output, "svmlight_to_hdf5");
    data::Document document;
    int label = 0;
    for (const std::string& path : inputs) {
        conversion.read_text(path, [&](std::string_view line) {
            if (!data::parse_svmlight_line(line, document, label)) return;
            document.id = conversion.rows() + 1;
            conversion.add(document, label > 0 ? std::span<const std::uint16_t>(kPositive)
                                               : std::span<const std::uint16_t>());
        });
    }
    conversion.write(nullptr);
}

}  // namespace

int main(int argc, char** argv) {
    std::vector<std::string> inputs;
    tools::OutputOptions output;
    tools::po::options_description description("Options");
    description.add_options()("input",
                              file_value(inputs, io::FileUse::input, io::FileKind::svmlight)
                                  ->required()
                                  ->multitoken()
                                  ->value_name("FILE..."),
                              "svmlight files (plain or .gz); documents are numbered from 1 on");
    tools::add_output_options(description, output);
    return tools::tool_main(
        argc, argv,
        {.name = "svmlight_to_hdf5",
         .summary = "Converts SVMlight or LIBSVM text to a dataset.",
         .usage = "--input FILE... --output NAME.h5 [options]",
         .common = {},
         .examples = {"svmlight_to_hdf5 --input train.svm.gz --output train.h5",
                      "svmlight_to_hdf5 --input a.svm b.svm --output train.h5 --shards 8"},
         .notes = {},
         .options = description},
        [&](const tools::po::variables_map& values) {
            tools::check_output_options(values, output);
            convert(inputs, output);
        });
}
