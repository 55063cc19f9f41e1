/// Writes a dataset as SVMlight text, labelled by a category.
#include "cli/file_options.hpp"
#include "data/append_number.hpp"
#include "io/dataset.hpp"
#include "io/text_file.hpp"
#include "tool_main.hpp"

namespace {

using namespace hogwild;
using data::append_number;

/// Values are printed with as few digits as give the same float back.
void append_line(std::string& text, const data::Rows& rows, std::int64_t i, std::int64_t base) {
    text += rows.label(i) > 0 ? "+1" : rows.label(i) < 0 ? "-1" : "?";
    if (rows.weighted()) {
        text += ':';
        append_number(text, rows.weight(i));
    }
    const data::SparseRow x = rows.row(i);
    for (std::size_t k = 0; k < x.size(); ++k) {
        text += ' ';
        append_number(text, std::int64_t{x.index[k]} + base);
        text += ':';
        append_number(text, x.value[k]);
    }
    text += '\n';
}

void convert(const std::string& input, const std::string& category, const std::string& output) {
    io::Dataset dataset(input);
    io::LockedTextFile locked(output);
    io::TextFile& file = locked.file;
    io::Labelling labelling = dataset.labelling(category);
    labelling.may_be_missing = true;
    io::RowBlock block;
    for (std::int64_t row = 0; row < dataset.rows();) {
        row = dataset.read_block(row, dataset.rows(), labelling, block);
        for (std::int64_t i = 0; i < block.rows.size(); ++i) {
            append_line(file.text(), block.rows, i, dataset.header().feature_id_base);
        }
        file.flush_if_full();
    }
    file.commit();
}

}  // namespace

int main(int argc, char** argv) {
    std::string input;
    std::string category;
    std::string output;
    tools::po::options_description description("Options");
    description.add_options()("input",
                              file_value(input, io::FileUse::input, io::FileKind::dataset)
                                  ->required()
                                  ->value_name("NAME.h5"),
                              "dataset (a file or a shard set)")(
        "category", tools::po::value(&category)->value_name("C"),
        "topic whose documents are labelled +1")(
        "output",
        file_value(output, io::FileUse::output, io::FileKind::svmlight)
            ->required()
            ->value_name("FILE"),
        "text to write");
    return tools::tool_main(
        argc, argv,
        {.name = "hdf5_to_svmlight",
         .summary = "Writes a dataset as SVMlight text, labelled by a category.",
         .usage = "--input NAME.h5 --category C --output FILE",
         .common = {},
         .examples = {"hdf5_to_svmlight --input train.h5 --category CCAT --output train.svm",
                      "hdf5_to_svmlight --input train.h5 --category CCAT --output - | head"},
         .notes = {},
         .options = description},
        [&](const tools::po::variables_map&) { convert(input, category, output); });
}
