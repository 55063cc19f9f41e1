/// `hogwild export`: writes a model in a form that other programs read.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "app/common/commands.hpp"
#include "app/common/help.hpp"
#include "app/common/last_words.hpp"
#include "app/common/run_collectively.hpp"
#include "app/export/export_options.hpp"
#include "app/export/model_formats.hpp"
#include "app/export/output_formats.hpp"
#include "cli/file_options.hpp"
#include "cli/option_error.hpp"
#include "cli/typed_value.hpp"

namespace hogwild::app {

using io::FileKind;
using io::FileUse;

po::options_description export_options(ExportOptions& o) {
    po::options_description group("Options");
    group.add_options()(
        "model",
        file_value(o.model, FileUse::input, FileKind::model)->required()->value_name("M.h5"),
        "model written by train")(
        "format", named_value(o.format, "--format"),
        "tsv: feature id, weight and name, by tabs; liblinear: for liblinear-predict; vw: as vw "
        "--readable_model writes it; npz: coef_ and intercept_ for scikit-learn")(
        "category", po::value(&o.category)->value_name("NAME"),
        "of a model of several categories, this one alone; without it all of them, except for vw")(
        "output",
        file_value(o.output, FileUse::output, FileKind::weights)->required()->value_name("FILE"),
        "file to write")(
        "feature-names",
        file_value(o.feature_names, FileUse::input, FileKind::other_text)->value_name("FILE"),
        "names for tsv: 'id name' lines, a name a line, or RCV1's stem.termid.idf.map.txt");
    add_force(group, o.force);
    return group;
}

cli::CommandHelp export_help() {
    cli::CommandHelp help{
        .name = "export",
        .summary = "Writes a model in a form that other programs read.",
        .usage = "--model M.h5 --output FILE [--format F]",
        .common = {},
        .examples = {"hogwild export --model ccat.h5 --output - | sort -k 2 -g | tail",
                     "hogwild export --model ccat.h5 --format liblinear --output ccat.model"},
        .notes = {}};
    ExportOptions defaults;
    return command_help(std::move(help), export_options(defaults));
}

namespace {

/// What to write: one output, or the model with several, without their weights.
io::Model chosen(const io::ModelReader& reader, const ExportOptions& options) {
    const std::vector<io::ModelOutput>& outputs = reader.model().outputs;
    if (!options.category.empty()) return reader.output(options.category);
    if (outputs.size() == 1) return reader.output(outputs.front().category);
    if (outputs.size() > 1 && options.format == ExportFormat::vw) {
        throw Error(ExitCode::usage, options.model + ": is a model of " +
                                         std::to_string(outputs.size()) +
                                         " categories, and --format vw writes one; choose it with "
                                         "--category");
    }
    return reader.model();
}

void write_weights(const io::ModelReader& reader, const io::Model& model, ExportFormat format,
                   const io::FeatureNames* names, io::TextFile& file) {
    const bool several = !model.outputs.empty();
    switch (format) {
        case ExportFormat::tsv:
            several ? write_tsv(reader, names, file) : write_tsv(model, names, file);
            break;
        case ExportFormat::liblinear:
            several ? write_liblinear(reader, file) : write_liblinear(model, file);
            break;
        case ExportFormat::vw:
            write_vw(model, file);
            break;
        case ExportFormat::npz:
            several ? write_npz(reader, file) : write_npz(model, file);
            break;
    }
}

/// Says what a program that reads the output must know beyond it.
void say_what_is_missing(const ExportOptions& options, const io::Model& model) {
    if (model.outputs.empty() && model.threshold != 0.0) {
        say(options.output + " does not hold the model's threshold: a document is labelled +1 if " +
            "its score is above " + number_text(model.threshold));
    }
    const auto thresholds = std::ranges::count_if(
        model.outputs, [](const io::ModelOutput& output) { return output.threshold != 0.0; });
    if (thresholds > 0) {
        say(options.output + " does not hold the model's thresholds, of which " +
            std::to_string(thresholds) + " are not 0: hdf5_inspect lists them");
    }
    if (!model.outputs.empty() && options.format == ExportFormat::liblinear &&
        !has_liblinear_labels(model)) {
        say("labels 1 to " + std::to_string(model.outputs.size()) + " of " + options.output +
            " are the categories in the order in which hdf5_inspect lists them");
    }
    if (model.normalization.value_or(data::Norm::none) != data::Norm::none) {
        say("the model is for documents whose values are divided by their " +
            data::name_of(*model.normalization) + " norm (--normalize " +
            data::name_of(*model.normalization) + "), which " + options.output + " does not say");
    }
    if (!model.idf.empty()) {
        say("the model is for documents whose values are multiplied by inverse document " +
            std::string("frequencies (--idf), which ") + options.output + " does not hold");
    }
    if (options.format == ExportFormat::liblinear && model.feature_id_base == 0) {
        say("the model's feature ids begin at 0, and LIBLINEAR's at 1: id 0 is feature 1 of " +
            options.output + ", and so on");
    }
}

void write(const ExportOptions& options) {
    const io::ModelReader reader(options.model);
    const io::Model model = chosen(reader, options);
    std::optional<io::FeatureNames> names;
    if (!options.feature_names.empty()) {
        names = io::read_feature_names(options.feature_names, model.feature_id_base);
    }
    io::LockedTextFile output(options.output);
    write_weights(reader, model, options.format, names ? &*names : nullptr, output.file);
    output.file.commit();
    say_what_is_missing(options, model);
}

}  // namespace

int export_model(const std::vector<std::string>& arguments, const mpi::Communicators& comms) {
    ExportOptions options;
    run_collectively(comms.world(), [&] {
        const po::options_description known = export_options(options);
        po::variables_map values = parse_command_line(arguments, known);
        try {
            po::notify(values);
        } catch (po::error& error) {
            refuse(option_error_text(error, known));
        }
        if (!options.feature_names.empty() && options.format != ExportFormat::tsv) {
            refuse("--feature-names is for --format tsv: the other formats hold no names");
        }
        if (comms.rank() == 0) plan_files(known, values).check(options.force);
    });
    run_collectively_on_root(comms.world(), [&] { write(options); });
    return 0;
}

}  // namespace hogwild::app
