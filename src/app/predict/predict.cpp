/// `hogwild predict`: scores every document of a dataset with a trained model.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <optional>
#include <ostream>
#include <span>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "app/common/commands.hpp"
#include "app/common/evaluate.hpp"
#include "app/common/feature_match.hpp"
#include "app/common/help.hpp"
#include "app/common/last_words.hpp"
#include "app/common/load.hpp"
#include "app/common/memory.hpp"
#include "app/common/run_collectively.hpp"
#include "app/common/staging.hpp"
#include "app/common/table_stream.hpp"
#include "app/common/text_table.hpp"
#include "cli/file_options.hpp"
#include "cli/option_error.hpp"
#include "cli/option_parser.hpp"
#include "cli/typed_value.hpp"
#include "data/partition.hpp"
#include "io/block_stream.hpp"
#include "io/dataset.hpp"
#include "io/model_file.hpp"
#include "io/text_file.hpp"
#include "model/evaluation.hpp"
#include "mpi/collectives.hpp"

namespace hogwild::app {

/// Of the lines of scores.
enum class LineOrder { text, file, id };

}  // namespace hogwild::app

template <>
struct hogwild::data::EnumTable<hogwild::app::LineOrder> {
    using LineOrder = app::LineOrder;
    static constexpr EnumName<LineOrder> kRows[] = {
        {LineOrder::text, "text"}, {LineOrder::file, "file"}, {LineOrder::id, "id"}};
};

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
    LineOrder order = LineOrder::text;
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
        "order", named_value(o.order, "--order"),
        "of the lines. text: as in the text that was converted; file: as in the dataset, which may "
        "be shuffled; id: by document id. Where lines must be sorted, rank 0 keeps 36 bytes per "
        "document")("quiet", po::bool_switch(&o.quiet), "no accuracy on the terminal");
    add_force(group, o.force);
    return group;
}

/// How to label the documents, and whether these labels mean anything.
struct KnownLabels {
    io::Labelling labelling;
    bool known = false;
};

KnownLabels find_labels(const io::Dataset& dataset, const io::Model& model,
                        const std::string& asked_for) {
    const io::DatasetHeader& h = dataset.header();
    if (!asked_for.empty()) return {dataset.labelling(asked_for), true};
    const std::string& category = model.category;
    if (!h.has_topics) {
        // A model of class 2 is not compared with labels in which class 3 is positive.
        const bool same = category.empty()
                              ? h.positive_label == model.positive_label
                              : h.positive_label.empty() || h.positive_label == category;
        return {{.topic = std::nullopt, .may_be_missing = true}, same};
    }
    const bool known = std::ranges::find(h.topics, category) != h.topics.end();
    return {known ? dataset.labelling(category) : io::Labelling{0, true}, known};
}

/// What all ranks know after the files have been opened.
struct Scorer {
    LineOrder order = LineOrder::file;    ///< text only where it differs from file
    std::vector<std::int64_t> positions;  ///< in the text, of this rank's documents, for text
    std::optional<io::Dataset> dataset;
    KnownLabels labels;
    model::LinearModel<data::Numbering::file> model;
    FeatureSpace trained;
    bool known_data = false;   ///< the model was trained on or tested with this dataset
    bool has_weights = false;  ///< other than 0, bias left out
};

/// Reads the model and matches it with the dataset.
/// @param ranks  number of ranks on this host; each holds the weights.
Scorer make_scorer(const PredictOptions& options, int ranks, io::Dataset dataset) {
    const io::Model model = io::read_model(options.model);
    check_id_base(options.model, model.feature_id_base, dataset);
    Scorer scorer;
    scorer.labels = find_labels(dataset, model, options.category);
    // Features that the model has never seen weigh nothing; the others keep their columns.
    const std::size_t features =
        std::max(model.weights.size(), static_cast<std::size_t>(dataset.features()));
    check_memory(std::to_string(features) + " features",
                 static_cast<std::int64_t>(features * sizeof(double)), ranks);
    const model::WeightShape shape{features};
    scorer.model.objective.shape = shape;
    scorer.model.objective.regularizer = model::Regularizer::none;
    scorer.model.weights.resize(shape.size());
    std::ranges::copy(model.weights, scorer.model.weights.begin());
    scorer.model.weights[shape.bias()] = model.bias;
    scorer.trained = {options.model, std::ssize(model.weights)};
    scorer.known_data =
        std::ranges::find(model.dataset_digests, dataset.digest()) != model.dataset_digests.end();
    scorer.has_weights =
        std::ranges::any_of(model.weights, [](double weight) { return weight != 0.0; });
    scorer.dataset.emplace(std::move(dataset));
    return scorer;
}

/// A document's result.
struct Scored {
    std::int64_t id;
    double score;
    std::int64_t place;  ///< lines are sorted by it, where they are sorted
};

void append_line(std::string& text, const Scored& document) {
    char digits[64];
    text.append(digits, std::to_chars(digits, digits + sizeof digits, document.id).ptr);
    text += '\t';
    text.append(digits, std::to_chars(digits, digits + sizeof digits, document.score).ptr);
    text += document.score > 0.0 ? "\t+1\n" : document.score < 0.0 ? "\t-1\n" : "\t0\n";
}

/// Sums over the scored documents.
struct Totals {
    model::Tally tally;
    std::vector<model::LabelledScore> scores;  ///< of this rank's documents that have labels
    FeatureMatch match;
};

[[noreturn]] void refuse_score(const Scorer& scorer, const Scored& document) {
    throw Error(ExitCode::bad_data, scorer.dataset->name() + ": document " +
                                        std::to_string(document.id) + " has the score " +
                                        std::to_string(document.score) + " by " +
                                        scorer.trained.name +
                                        ": its values, or the weights, are "
                                        "too large");
}

/// Scores the rows of a range and hands the results out in their order.
template <class TakeScored>
void score(Scorer& scorer, data::Range range, Totals& totals, const TakeScored& take) {
    const std::span<const double> w(scorer.model.weights);
    io::BlockStream blocks({{&*scorer.dataset, scorer.labels.labelling, range.begin, range.end}});
    io::RowBlock block;
    std::size_t scored = 0;
    while (blocks.next(block)) {
        for (std::int64_t i = 0; i < block.rows.size(); ++i) {
            const std::int64_t id = block.document_id[static_cast<std::size_t>(i)];
            const bool by_text = scorer.order == LineOrder::text;
            const Scored document{id, model::dot(w, block.rows.row(i)) + w.back(),
                                  by_text ? scorer.positions[scored] : id};
            ++scored;
            if (!std::isfinite(document.score)) refuse_score(scorer, document);
            take(document);
        }
        if (scorer.labels.known) {
            model::evaluate(scorer.model, block.rows, totals.tally, &totals.scores);
        }
        totals.match.add(block.rows, w);
    }
}

/// Where the results of all ranks become lines, on rank 0.
class Lines {
public:
    /// @param documents  of all ranks.
    Lines(const std::string& output, LineOrder order, std::int64_t documents)
        : sorted_(order != LineOrder::file), output_(output) {
        if (sorted_) kept_.reserve(static_cast<std::size_t>(documents));
    }

    void add(const Scored& document) {
        if (sorted_) {
            kept_.push_back(document);
        } else {
            write(document);
        }
    }
    void finish() {
        std::ranges::stable_sort(kept_, {}, &Scored::place);
        for (const Scored& document : kept_) write(document);
        output_.file.commit();
    }

private:
    void write(const Scored& document) {
        append_line(output_.file.text(), document);
        output_.file.flush_if_full();
    }

    bool sorted_;
    io::LockedTextFile output_;
    std::vector<Scored> kept_;
};

/// Every rank scores a part of the dataset, so that it opens no more files than that is in. Rank 0
/// has the first part and writes it at once; the others keep their results until it gets to them.
Totals score_all(Scorer& scorer, std::optional<Lines>& lines, const mpi::Communicators& comms) {
    Totals totals;
    std::vector<Scored> own;
    run_collectively(comms.world(), [&] {
        score(scorer, evaluated_rows(*scorer.dataset, comms), totals, [&](const Scored& document) {
            if (lines) {
                lines->add(document);
            } else {
                own.push_back(document);
            }
        });
    });
    scorer.positions = std::vector<std::int64_t>();  // they are in the results now
    constexpr std::int64_t kRound = 1 << 16;         // documents: bounds what is under way
    for (int rank = 1; rank < comms.size(); ++rank) {
        const std::int64_t count =
            data::equal_part(scorer.dataset->rows(), comms.size(), rank).size();
        for (std::int64_t first = 0; first < count; first += kRound) {
            std::string message;
            if (comms.rank() == rank) {
                const auto part = std::as_bytes(std::span(own).subspan(
                    static_cast<std::size_t>(first),
                    static_cast<std::size_t>(std::min(kRound, count - first))));
                message.assign(reinterpret_cast<const char*>(part.data()), part.size());
            }
            const std::string all = mpi::gather_text(comms.world(), message);
            run_collectively_on_root(comms.world(), [&] {
                Scored document{};
                for (std::size_t at = 0; at < all.size(); at += sizeof document) {
                    std::memcpy(&document, all.data() + at, sizeof document);
                    lines->add(document);
                }
            });
        }
    }
    return {sum_tallies(totals.tally, comms.world()), std::move(totals.scores),
            totals.match.summed(comms.world())};
}

/// Finds out how lines are to be sorted, and where this rank's documents stand in the text.
/// @note Collective.
void set_order(LineOrder asked, Scorer& scorer, const mpi::Communicators& comms) {
    scorer.order = asked;
    if (asked != LineOrder::text) return;
    if (scorer.dataset->header().shuffle_seed < 0) {
        scorer.order = LineOrder::file;
        return;
    }
    bool known = false;
    run_collectively(comms.world(), [&] {
        const data::Range own = evaluated_rows(*scorer.dataset, comms);
        auto positions = scorer.dataset->positions(own.begin, own.end);
        known = positions.has_value();
        if (known) scorer.positions = std::move(*positions);
    });
    const bool known_to_all = mpi::max(comms.world(), std::int64_t{known ? 0 : 1}) == 0;
    if (!known_to_all) scorer.order = LineOrder::id;
}

/// On rank 0: what else a user should know.
void advise(const PredictOptions& options, const Scorer& scorer, const FeatureMatch& match) {
    if (!scorer.known_data && scorer.has_weights) {
        const std::string line = compare_features(scorer.trained, *scorer.dataset, match);
        if (!line.empty()) say(line);
    }
    if (options.quiet) return;
    if (options.order == LineOrder::text && scorer.order == LineOrder::id) {
        say(options.data +
            " was shuffled by an older program, which kept no record of the text's order: lines "
            "are "
            "sorted by document id; convert the text again for its order");
    }
}

}  // namespace

cli::CommandHelp predict_help() {
    cli::CommandHelp help{
        .name = "predict",
        .summary = "Scores the documents of a dataset with a trained model.",
        .usage = "--model M.h5 --data E.h5 --output FILE",
        .common = {},
        .examples = {"mpirun -np 2 hogwild predict --model ccat.h5 --data test.h5 \\",
                     "    --output scores.txt",
                     "hogwild predict --model ccat.h5 --data test.h5 --output - | cut -f 2"},
        .notes = {}};
    PredictOptions defaults;
    return command_help(std::move(help), predict_options(defaults));
}

int predict(const std::vector<std::string>& arguments, const mpi::Communicators& comms) {
    PredictOptions options;
    io::FilePlan files;
    run_collectively(comms.world(), [&] {
        const po::options_description known = predict_options(options);
        po::variables_map values = parse_command_line(arguments, known);
        try {
            po::notify(values);
        } catch (po::error& error) {
            refuse(option_error_text(error, known));
        }
        files = plan_files(known, values);
    });
    run_collectively_on_root(comms.world(), [&] { files.check(options.force); });
    std::vector<io::Dataset> opened = open_datasets({options.data}, comms);
    Scorer scorer;
    run_collectively(comms.world(), [&] {
        scorer = make_scorer(options, comms.group_size(), std::move(opened.front()));
    });
    set_order(options.order, scorer, comms);
    std::optional<Lines> lines;  // on rank 0
    run_collectively_on_root(comms.world(), [&] {
        lines.emplace(options.output, scorer.order, scorer.dataset->rows());
    });
    if (!options.stage.empty()) {
        stage(options.stage, {{&*scorer.dataset, {evaluated_rows(*scorer.dataset, comms)}}}, comms);
    }
    Totals totals = score_all(scorer, lines, comms);
    run_collectively_on_root(comms.world(), [&] {
        advise(options, scorer, totals.match);
        lines->finish();
    });

    model::Metrics metrics = model::metrics_of(scorer.model, totals.tally);
    add_ranking(std::move(totals.scores), comms.world(), metrics);
    if (comms.rank() == 0 && !options.quiet) {
        std::ostream& out = table_stream({options.output});
        out << scorer.dataset->rows() << " documents scored";
        if (totals.tally.documents() > 0) {
            const std::int64_t labelled = totals.tally.documents();
            out << "; ";
            if (labelled < scorer.dataset->rows()) out << labelled << " with a label: ";
            out << "accuracy " << metrics.accuracy << " (+1: " << metrics.accuracy_positive
                << ", -1: " << metrics.accuracy_negative << "); precision "
                << fixed_text(metrics.precision, 4) << ", recall "
                << fixed_text(metrics.accuracy_positive, 4) << ", F1 " << fixed_text(metrics.f1, 4)
                << ", AUC " << fixed_text(metrics.auc, 4) << ", average precision "
                << fixed_text(metrics.average_precision, 4);
        }
        out << std::endl;
    }
    return 0;
}

}  // namespace hogwild::app
