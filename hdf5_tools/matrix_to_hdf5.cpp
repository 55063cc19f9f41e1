/// Converts matrices of AnnData (.h5ad) and SciPy (.npz) to a dataset.
#include <iostream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/file_options.hpp"
#include "convert/convert.hpp"
#include "convert/labels.hpp"
#include "convert/progress.hpp"
#include "convert/weight_file.hpp"
#include "data/error.hpp"
#include "io/matrix/byte_stream.hpp"
#include "io/matrix/label_file.hpp"
#include "io/matrix/matrix_rows.hpp"
#include "label_options.hpp"
#include "tool_main.hpp"

namespace {

using namespace hogwild;

struct Options {
    std::string input;
    std::string layer;
    std::string label;
    std::string label_file;
    bool label_lists = false;
    std::string weights;
    tools::GivenLabelOptions labels;
    tools::OutputOptions output;
};

/// What is there for each row: a column of the matrix' file, or a file of its own, which becomes a
/// source of the dataset.
/// @param what  for messages: labels or weights.
io::LabelColumn read_column(const io::MatrixFile& matrix, bool in_file, const std::string& name,
                            const char* what, tools::Conversion& conversion) {
    io::LabelColumn column;
    if (in_file) {
        io::LabelFile file = io::read_label_file(name);
        conversion.add_source(name, file.digest);
        column = std::move(file.labels);
    } else {
        column = matrix.labels(name);
    }
    if (column.size() == matrix.rows()) return column;
    throw Error(ExitCode::bad_data, (in_file ? name : matrix.path() + ": " + name) + ": has " +
                                        tools::with_commas(column.size()) + " " + what +
                                        ", but the matrix has " +
                                        tools::with_commas(matrix.rows()) + " rows");
}

/// A label for each row; nothing where the user names none.
std::optional<io::LabelColumn> read_labels(const Options& options, const io::MatrixFile& matrix,
                                           tools::Conversion& conversion) {
    if (options.label.empty() && options.label_file.empty()) return std::nullopt;
    const bool in_file = options.label.empty();
    return read_column(matrix, in_file, in_file ? options.label_file : options.label, "labels",
                       conversion);
}

/// A weight for each row; none where the user names none.
std::vector<float> read_weights(const Options& options, const io::MatrixFile& matrix,
                                tools::Conversion& conversion) {
    const std::string& name = options.weights;
    if (name.empty()) return {};
    const bool in_file = !matrix.has_column(name);
    const io::LabelColumn column = read_column(matrix, in_file, name, "weights", conversion);
    std::vector<float> weights;
    try {
        for (std::int64_t row = 0; row < column.size(); ++row) {
            weights.push_back(tools::parse_weight(column[row]));
        }
    } catch (const data::LineError& error) {
        throw Error(ExitCode::bad_data, (in_file ? name : matrix.path() + ": " + name) + ": row " +
                                            std::to_string(weights.size()) + ": " + error.what());
    }
    return weights;
}

void read_rows(const io::MatrixFile& matrix, const std::optional<io::LabelColumn>& column,
               const std::vector<float>& weights, tools::Labels& labels,
               tools::Conversion& conversion, bool quiet) {
    tools::Progress progress("reading " + matrix.path(), quiet);
    try {
        io::for_each_row(matrix, [&](data::Document& document) {
            const std::int64_t row = conversion.rows();
            if (row % 1024 == 0) progress.show(row, matrix.rows());
            document.id = row + 1;
            if (!weights.empty()) document.weight = weights[static_cast<std::size_t>(row)];
            if (!conversion.weighs(document)) return;
            conversion.add(document, labels.add(column ? (*column)[row] : io::LabelColumn::kNone));
        });
    } catch (const data::LineError& error) {
        throw Error(
            ExitCode::bad_data,
            matrix.path() + ": row " + std::to_string(conversion.rows()) + ": " + error.what());
    }
    progress.end();
}

void convert(const Options& options) {
    const auto matrix = io::open_matrix(options.input, options.layer);
    tools::OutputOptions output = options.output;
    if (output.features == 0) output.features = matrix->columns();
    tools::Conversion conversion(output, "matrix_to_hdf5");
    conversion.add_source(options.input, io::digest_of(options.input));
    std::optional<io::LabelColumn> column = read_labels(options, *matrix, conversion);
    const bool unsure = column && !options.label_lists && tools::could_be_lists(*column);
    tools::Labels labels(column ? tools::label_options(options.labels, *column, options.label_lists)
                                : tools::label_options(options.labels));
    const std::vector<float> weights = read_weights(options, *matrix, conversion);
    read_rows(*matrix, column, weights, labels, conversion, output.quiet);
    tools::check_input(options.label_file.empty() ? options.input : options.label_file, [&] {
        labels.finish();
        conversion.check_documents(labels.labelling());
    });
    conversion.write(labels.labelling());
    if (output.quiet) return;
    if (!labels.summary().empty()) std::cout << labels.summary() << '\n';
    if (unsure) {
        std::cout << "a label with commas is one class; --label-lists takes it for a list\n";
    }
}

void check_options(const Options& options) {
    const auto refuse = [](const std::string& why) { throw Error(ExitCode::usage, why); };
    if (options.input == "-") refuse("--input must be a file: a matrix is not read in one go");
    if (!options.label.empty() && !options.label_file.empty()) {
        refuse("--label and --label-file contradict each other");
    }
    if (options.label.empty() && options.label_file.empty()) {
        const char* const needs = " needs labels: --label or --label-file";
        if (options.labels.positive) refuse(std::string("--positive") + needs);
        if (options.label_lists) refuse(std::string("--label-lists") + needs);
    }
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    tools::po::options_description description("Options");
    description.add_options()(
        "input",
        file_value(options.input, io::FileUse::input, io::FileKind::other_hdf5)
            ->required()
            ->value_name("FILE"),
        "AnnData (.h5ad) or a sparse matrix of SciPy (.npz), CSR or CSC, recognised by its "
        "content; "
        "a row is a document, the first column is feature 1")(
        "layer", tools::po::value(&options.layer)->value_name("NAME"),
        "of AnnData: take this layer, not X")(
        "label", tools::po::value(&options.label)->value_name("COLUMN"),
        "of AnnData: the column of obs that holds the labels")(
        "label-file",
        file_value(options.label_file, io::FileUse::input, io::FileKind::other_text)
            ->value_name("FILE"),
        "text with a label a line (?: none), or a .npy array of numbers or texts; without --label "
        "and --label-file there are no labels")(
        "label-lists", tools::po::bool_switch(&options.label_lists),
        "labels such as 1,3 are lists of classes (default: a label with commas is one class)");
    tools::add_label_options(description, options.labels);
    description.add_options()(
        "weights",
        file_value(options.weights, io::FileUse::input, io::FileKind::other_text)
            ->value_name("FILE_OR_COLUMN"),
        "weights of the documents: of AnnData a column of obs; else a file like that of labels; 0 "
        "leaves a document out");
    tools::add_output_options(description, options.output);
    return tools::tool_main(
        argc, argv,
        {.name = "matrix_to_hdf5",
         .summary = "Converts matrices of AnnData and SciPy to a dataset.",
         .usage = "--input FILE --output NAME.h5 [options]",
         .common = {},
         .examples = {"matrix_to_hdf5 --input cells.h5ad --label cell_type --output train.h5",
                      "matrix_to_hdf5 --input X.npz --label-file y.txt --output train.h5"},
         .notes = {},
         .options = description},
        [&](const tools::po::variables_map& values) {
            tools::check_output_options(values, options.output);
            check_options(options);
            convert(options);
        });
}
