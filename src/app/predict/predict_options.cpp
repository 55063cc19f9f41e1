#include "app/predict/predict_options.hpp"

#include "app/common/commands.hpp"
#include "app/common/help.hpp"
#include "cli/file_options.hpp"
#include "cli/typed_value.hpp"

namespace hogwild::app {

using io::FileKind;
using io::FileUse;

po::options_description predict_options(PredictOptions& o) {
    po::options_description group("Options");
    group.add_options()(
        "model",
        file_value(o.model, FileUse::input, FileKind::model)->required()->value_name("M.h5"),
        "model written by train")(
        "data", file_value(o.data, FileUse::input, FileKind::dataset)->value_name("E.h5"),
        "dataset to score")(
        "input", file_value(o.input, FileUse::input, FileKind::svmlight)->value_name("FILE"),
        "instead: svmlight text, also compressed, scored as it comes; - is the standard input")(
        "output", file_value(o.output, FileUse::output, FileKind::scores)->value_name("FILE"),
        "text to write, by tabs: id, score, label; of several categories those predicted")(
        "matrix",
        file_value(o.matrix, FileUse::output, FileKind::score_matrix)->value_name("FILE.h5"),
        "instead, of several categories: all scores")(
        "confusion-table",
        file_value(o.confusion_table, FileUse::output, FileKind::class_confusion)
            ->value_name("FILE"),
        "of classes: CSV, by class and prediction")("probability", po::bool_switch(&o.probability),
                                                    "a fourth column: the probability of +1")(
        "threshold",
        po::value<double>()->value_name("T")->notifier([&o](double t) { o.threshold = t; }),
        "label documents with a score above it +1 (default: the model's, see train)")(
        "normalize", named_value<data::Norm>("--normalize"),
        "of --input, as of converters (default: the model's)")(
        "category", po::value(&o.category)->value_name("C"),
        "topic to compare with (default: the model's)")(
        "stage", file_value(o.stage, FileUse::folder, FileKind::dataset)->value_name("DIR"),
        "first copy the dataset to this folder of each node")(
        "order", named_value(o.order, "--order"),
        "of the lines. text: as in the text that was converted; file: as in the dataset, which may "
        "be shuffled; id: by document id")("quiet", po::bool_switch(&o.quiet),
                                           "no accuracy on the terminal");
    add_force(group, o.force);
    return group;
}

void check_predict_options(const PredictOptions& o) {
    if (o.data.empty() && o.input.empty()) {
        refuse("--data E.h5 is required, the dataset to score; or --input FILE, a text");
    }
    if (o.output.empty() == o.matrix.empty()) {
        refuse(o.output.empty() ? "--output FILE is required, the text to write"
                                : "--output and --matrix exclude each other");
    }
    if (!o.confusion_table.empty() && o.output.empty()) refuse("--confusion-table needs --output");
    if (!o.matrix.empty() && o.data.empty()) refuse("--matrix is for datasets (--data)");
    if (!o.data.empty() && !o.input.empty()) refuse("--data and --input exclude each other");
    if (o.input.empty() && o.normalize) {
        refuse("--normalize is for texts (--input); a dataset is normalized when it is converted");
    }
    if (!o.input.empty() && !o.stage.empty()) refuse("--stage is for datasets (--data)");
}

cli::CommandHelp predict_help() {
    cli::CommandHelp help{
        .name = "predict",
        .summary = "Scores the documents of a dataset or a text with a trained model.",
        .usage = "--model M (--data E | --input F) --output F",
        .common = {},
        .examples = {"mpirun -np 2 hogwild predict --model ccat.h5 --data test.h5 \\",
                     "    --output scores.txt",
                     "xzcat test.svm.xz | hogwild predict --model ccat.h5 --input - --output -"},
        .notes = {}};
    PredictOptions defaults;
    return command_help(std::move(help), predict_options(defaults));
}

}  // namespace hogwild::app
