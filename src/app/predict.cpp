/// `hogwild predict`: scores every document of a dataset with a trained model.
#include <algorithm>
#include <charconv>
#include <ostream>
#include <sstream>

#include "hogwild/app/agreement.hpp"
#include "hogwild/app/commands.hpp"
#include "hogwild/app/evaluate.hpp"
#include "hogwild/app/option_parser.hpp"
#include "hogwild/app/staging.hpp"
#include "hogwild/app/table_stream.hpp"
#include "hogwild/data/partition.hpp"
#include "hogwild/file_options.hpp"
#include "hogwild/io/dataset.hpp"
#include "hogwild/io/model_file.hpp"
#include "hogwild/io/text_file.hpp"
#include "hogwild/model/evaluation.hpp"
#include "hogwild/mpi/collectives.hpp"
#include "hogwild/option_error.hpp"

namespace hogwild::app {
namespace {

using io::FileKind;
using io::FileUse;

struct PredictOptions {
    std::string model;
    std::string data;
    std::string output;
    std::string category;
    std::string stage;
    bool quiet = false;
    bool force = false;
};

po::options_description predict_options(PredictOptions& o) {
    po::options_description group("Options");
    group.add_options()(
        "model",
        file_value(o.model, FileUse::input, FileKind::model)->required()->value_name("M.h5"),
        "model written by train")(
        "data",
        file_value(o.data, FileUse::input, FileKind::dataset)->required()->value_name("E.h5"),
        "dataset to score")(
        "output",
        file_value(o.output, FileUse::output, FileKind::scores)->required()->value_name("FILE"),
        "text to write: document id, score and label (+1, -1, or 0 for a score of 0), by tabs")(
        "category", po::value(&o.category)->value_name("C"),
        "topic to compare with (default: the model's)")(
        "stage", file_value(o.stage, FileUse::folder, FileKind::dataset)->value_name("DIR"),
        "copy the dataset to this folder of every node first, and read it there")(
        "quiet", po::bool_switch(&o.quiet), "no accuracy on the terminal");
    add_force(group, o.force);
    return group;
}

/// How to label the documents, and whether these labels mean anything.
struct KnownLabels {
    io::Labelling labelling;
    bool known = false;
};

KnownLabels find_labels(const io::Dataset& dataset, const std::string& category,
                        bool category_asked_for) {
    const io::DatasetHeader& h = dataset.header();
    if (category_asked_for) return {dataset.labelling(category), true};
    if (!h.has_topics) return {{}, true};
    const bool known = std::ranges::find(h.topics, category) != h.topics.end();
    return {known ? dataset.labelling(category) : io::Labelling{0}, known};
}

/// What all ranks know after the files have been opened.
struct Scorer {
    std::optional<io::Dataset> dataset;
    KnownLabels labels;
    model::LinearModel<data::Numbering::file> model;
};

void open(const PredictOptions& options, Scorer& scorer) {
    const io::Model model = io::read_model(options.model);
    scorer.dataset.emplace(options.data);
    scorer.labels =
        find_labels(*scorer.dataset, options.category.empty() ? model.category : options.category,
                    !options.category.empty());
    // Features that the model has never seen weigh nothing; the others keep their columns.
    const std::size_t features =
        std::max(model.weights.size(), static_cast<std::size_t>(scorer.dataset->features()));
    scorer.model.objective.n_features = features;
    scorer.model.objective.regularizer = model::Regularizer::none;
    scorer.model.weights = model.weights;
    scorer.model.weights.resize(features, 0.0);
    scorer.model.weights.push_back(model.bias);
}

void append_line(std::string& text, std::int64_t id, double score) {
    char digits[64];
    text.append(digits, std::to_chars(digits, digits + sizeof digits, id).ptr);
    text += '\t';
    text.append(digits, std::to_chars(digits, digits + sizeof digits, score).ptr);
    text += score > 0.0 ? "\t+1\n" : score < 0.0 ? "\t-1\n" : "\t0\n";
}

/// Scores the documents of `range`; returns their lines.
std::string score_range(Scorer& scorer, data::Range range, model::Tally& tally) {
    std::string text;
    io::RowBlock block;
    const std::span<const double> w(scorer.model.weights);
    for (std::int64_t row = range.begin; row < range.end;) {
        row = scorer.dataset->read_block(row, range.end, scorer.labels.labelling, block);
        for (std::int64_t i = 0; i < block.rows.size(); ++i) {
            append_line(text, block.document_id[static_cast<std::size_t>(i)],
                        model::dot(w, block.rows.row(i)) + w.back());
        }
        if (scorer.labels.known) model::evaluate(scorer.model, block.rows, tally);
    }
    return text;
}

}  // namespace

std::string predict_help() {
    PredictOptions defaults;
    std::ostringstream text;
    text << predict_options(defaults);
    return text.str();
}

int predict(const std::vector<std::string>& arguments, const mpi::Communicators& comms) {
    PredictOptions options;
    Scorer scorer;
    std::optional<io::LockedTextFile> output;  // on rank 0
    io::FilePlan files;
    agree(comms.world(), [&] {
        const po::options_description known = predict_options(options);
        po::variables_map values = parse_command_line(arguments, known);
        try {
            po::notify(values);
        } catch (po::error& error) {
            refuse(option_error_text(error));
        }
        files = plan_files(known, values);
    });
    agree_on_root(comms.world(), [&] { files.check(options.force); });
    agree(comms.world(), [&] { open(options, scorer); });
    agree_on_root(comms.world(), [&] { output.emplace(options.output); });
    if (!options.stage.empty()) {
        stage(options.stage, {{&*scorer.dataset, {0, scorer.dataset->rows()}}}, comms);
    }

    // In rounds: every rank scores one block, rank 0 writes them in the order of the documents.
    constexpr std::int64_t kBlock = 4096;
    model::Tally tally;
    const std::int64_t rows = scorer.dataset->rows();
    for (std::int64_t round = 0; round < rows; round += kBlock * comms.size()) {
        const std::int64_t begin = std::min(rows, round + kBlock * comms.rank());
        std::string text;
        agree(comms.world(), [&] {
            text = score_range(scorer, {begin, std::min(rows, begin + kBlock)}, tally);
        });
        const std::string all = mpi::gather_text(comms.world(), text);
        agree_on_root(comms.world(), [&] {
            output->file.text() += all;
            output->file.flush_if_full();
        });
    }
    agree_on_root(comms.world(), [&] { output->file.commit(); });

    const model::Metrics metrics =
        model::metrics_of(scorer.model, sum_tallies(tally, comms.world()));
    if (comms.rank() == 0 && !options.quiet) {
        std::ostream& out = table_stream({options.output});
        out << rows << " documents scored";
        if (scorer.labels.known) {
            out << "; accuracy " << metrics.accuracy << " (+1: " << metrics.accuracy_positive
                << ", -1: " << metrics.accuracy_negative << ")";
        }
        out << std::endl;
    }
    return 0;
}

}  // namespace hogwild::app
