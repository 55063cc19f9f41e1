/// `hogwild predict`: scores every document of a dataset with a trained model.
#include <algorithm>
#include <charconv>
#include <iostream>
#include <sstream>

#include "hogwild/app/agreement.hpp"
#include "hogwild/app/commands.hpp"
#include "hogwild/app/evaluate.hpp"
#include "hogwild/app/memory.hpp"
#include "hogwild/app/option_parser.hpp"
#include "hogwild/app/staging.hpp"
#include "hogwild/data/partition.hpp"
#include "hogwild/io/dataset.hpp"
#include "hogwild/io/file_lock.hpp"
#include "hogwild/io/model_file.hpp"
#include "hogwild/io/text_file.hpp"
#include "hogwild/model/evaluation.hpp"
#include "hogwild/mpi/collectives.hpp"
#include "hogwild/option_error.hpp"

namespace hogwild::app {
namespace {

struct PredictOptions {
    std::string model;
    std::string data;
    std::string output;
    std::string category;
    std::string stage;
    bool quiet = false;
};

po::options_description predict_options(PredictOptions& o) {
    po::options_description group("Options");
    group.add_options()("model", po::value(&o.model)->required()->value_name("M.h5"),
                        "model written by train")(
        "data", po::value(&o.data)->required()->value_name("E.h5"), "dataset to score")(
        "output", po::value(&o.output)->required()->value_name("FILE"),
        "text to write: document id, score and label (+1, -1, or 0 for a score of 0), by tabs")(
        "category", po::value(&o.category)->value_name("C"),
        "topic to compare with (default: the model's)")(
        "stage", po::value(&o.stage)->value_name("DIR"),
        "copy the dataset to this folder of every node first, and read it there")(
        "quiet", po::bool_switch(&o.quiet), "no accuracy on the terminal");
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
    model::Objective objective;
    std::vector<double> weights;  ///< bias last
};

/// @param ranks  of this host, each of which holds the weights.
void open(const PredictOptions& options, int ranks, Scorer& scorer) {
    const io::Model model = io::read_model(options.model);
    scorer.dataset.emplace(options.data);
    scorer.labels =
        find_labels(*scorer.dataset, options.category.empty() ? model.category : options.category,
                    !options.category.empty());
    // Features that the model has never seen weigh nothing; the others keep their columns.
    const std::size_t features =
        std::max(model.weights.size(), static_cast<std::size_t>(scorer.dataset->features()));
    check_memory(std::to_string(features) + " features",
                 static_cast<std::int64_t>(features * sizeof(double)), ranks);
    scorer.objective.n_features = features;
    scorer.objective.regularizer = model::Regularizer::none;
    scorer.weights = model.weights;
    scorer.weights.resize(features, 0.0);
    scorer.weights.push_back(model.bias);
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
    const std::span<const double> w(scorer.weights);
    for (std::int64_t row = range.begin; row < range.end;) {
        row = scorer.dataset->read_block(row, range.end, scorer.labels.labelling, block);
        for (std::int64_t i = 0; i < block.rows.size(); ++i) {
            append_line(text, block.document_id[static_cast<std::size_t>(i)],
                        model::dot(w, block.rows.row(i)) + w.back());
        }
        if (scorer.labels.known) model::evaluate(scorer.objective, w, block.rows, tally);
    }
    return text;
}

/// The output file on rank 0.
struct Output {
    explicit Output(const std::string& path) : lock(path), file(path) {}
    io::FileLock lock;
    io::TextFile file;
};

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
    std::optional<Output> output;
    agree(comms.world(), [&] {
        po::variables_map values = parse_command_line(arguments, predict_options(options));
        try {
            po::notify(values);
        } catch (po::error& error) {
            refuse(option_error_text(error));
        }
        open(options, comms.node_size(), scorer);
    });
    agree_on_root(comms.world(), [&] {
        io::check_not_input(options.output, scorer.dataset->paths());
        io::check_not_input(options.output, {options.model});
        output.emplace(options.output);
    });
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
        model::metrics_of(scorer.objective, scorer.weights, sum_tallies(tally, comms.world()));
    if (comms.rank() == 0 && !options.quiet) {
        std::cout << rows << " documents scored";
        if (scorer.labels.known) {
            std::cout << "; accuracy " << metrics.accuracy << " (+1: " << metrics.accuracy_positive
                      << ", -1: " << metrics.accuracy_negative << ")";
        }
        std::cout << std::endl;
    }
    return 0;
}

}  // namespace hogwild::app
