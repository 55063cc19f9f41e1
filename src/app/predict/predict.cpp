/// `hogwild predict`: scores every document of a dataset or a text with a trained model.
#include <algorithm>
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
#include "app/common/confusion_table.hpp"
#include "app/common/evaluate.hpp"
#include "app/common/last_words.hpp"
#include "app/common/load.hpp"
#include "app/common/run_collectively.hpp"
#include "app/common/staging.hpp"
#include "app/common/table_stream.hpp"
#include "app/common/text_table.hpp"
#include "app/common/warnings.hpp"
#include "app/predict/predict_categories.hpp"
#include "app/predict/predict_options.hpp"
#include "app/predict/score_block.hpp"
#include "app/predict/score_lines.hpp"
#include "app/predict/scorer.hpp"
#include "app/predict/text_blocks.hpp"
#include "cli/file_options.hpp"
#include "cli/option_error.hpp"
#include "data/partition.hpp"
#include "io/block_stream.hpp"
#include "io/model_reader.hpp"
#include "model/evaluation.hpp"
#include "mpi/collectives.hpp"

namespace hogwild::app {
namespace {

/// Scores the rows of a range and hands the results out in their order.
template <class TakeScored>
void score(Scorer& scorer, data::Range range, Totals& totals, const TakeScored& take) {
    io::BlockStream blocks({{&*scorer.dataset, scorer.labels.labelling, range.begin, range.end}});
    io::RowBlock block;
    while (blocks.next(block)) score_block(scorer, block, totals, take);
}

/// Every rank scores a part of the dataset, so that it opens no more files than that is in. Rank 0
/// has the first part and writes it at once; the others keep their results until it gets to them.
Totals score_all(Scorer& scorer, std::optional<ScoreLines>& lines,
                 const mpi::Communicators& comms) {
    Totals totals;
    std::vector<Scored> own;
    run_collectively(comms.world(), [&] {
        const data::Range rows = evaluated_rows(*scorer.dataset, comms);
        if (!lines) own.reserve(static_cast<std::size_t>(rows.size()));
        if (scorer.labels.known) totals.scores.reserve(static_cast<std::size_t>(rows.size()));
        score(scorer, rows, totals, [&](const Scored& document) {
            if (lines) {
                lines->add(document);
            } else {
                own.push_back(document);
            }
        });
    });
    scorer.order.positions = std::vector<std::int64_t>();  // they are in the results now
    constexpr std::int64_t kRound = 1 << 16;               // documents: bounds what is under way
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
    totals.documents = scorer.dataset->rows();
    totals.tally = sum_tallies(totals.tally, comms.world());
    totals.match = totals.match.summed(comms.world());
    return totals;
}

/// On rank 0: what else a user should know.
void advise(const PredictOptions& options, const Scorer& scorer, const FeatureMatch& match) {
    if (!scorer.doubt.empty()) say(scorer.doubt);
    if (!scorer.known_data && scorer.has_weights) {
        const std::string line = compare_features(scorer.trained, scorer.data, match);
        if (!line.empty()) say(line);
    }
    say_order(options.order, scorer.order.kind, options.data, options.quiet);
}

model::Confusion confusion_of(const model::Tally& tally) {
    const auto hits = static_cast<double>(tally.correct_positives);
    const double wrong = static_cast<double>(tally.predicted_positives) - hits;
    return {hits, wrong, static_cast<double>(tally.positives) - hits,
            static_cast<double>(tally.negatives) - wrong};
}

/// For people: how many documents were scored, and how the labels agree where they are known.
std::string result_text(const Scorer& scorer, const model::Tally& tally,
                        const model::Metrics& metrics, std::int64_t documents) {
    std::ostringstream out;
    out << documents << " documents scored";
    if (tally.documents() == 0) {
        out << "\n";
        return out.str();
    }
    out << "; ";
    if (tally.documents() < documents) {
        out << tally.documents() << " with a label: ";
    }
    out << "accuracy " << metrics.accuracy << " (+1: " << metrics.accuracy_positive
        << ", -1: " << metrics.accuracy_negative << "); precision "
        << fixed_text(metrics.precision, 4) << ", recall "
        << fixed_text(metrics.accuracy_positive, 4) << ", F1 " << fixed_text(metrics.f1, 4)
        << ", AUC " << fixed_text(metrics.auc, 4) << ", average precision "
        << fixed_text(metrics.average_precision, 4) << "\n";
    if (scorer.model.threshold != 0.0) {
        out << "a score above the threshold " << number_text(scorer.model.threshold)
            << " predicts +1\n";
    }
    out << confusion_table(confusion_of(tally));
    std::vector<std::string> warnings;
    add_unpredicted("labelled", metrics, warnings);
    for (const std::string& warning : warnings) out << "WARNING: " << warning << "\n";
    return out.str();
}

/// Scores a dataset, each rank a part of it.
Totals predict_dataset(const PredictOptions& options, Scorer& scorer,
                       const mpi::Communicators& comms) {
    std::vector<io::Dataset> opened = open_datasets({options.data}, comms);
    run_collectively(comms.world(), [&] {
        scorer = make_scorer(options, comms.group_size(), std::move(opened.front()));
    });
    scorer.order = find_order(options.order, *scorer.dataset, comms);
    std::optional<ScoreLines> lines;  // on rank 0
    run_collectively_on_root(comms.world(), [&] {
        lines.emplace(options.output, scorer.order.kind, scorer.dataset->rows(), scorer.format);
    });
    if (!options.stage.empty()) {
        stage(options.stage, {{&*scorer.dataset, {evaluated_rows(*scorer.dataset, comms)}}}, comms);
    }
    Totals totals = score_all(scorer, lines, comms);
    run_collectively_on_root(comms.world(), [&] {
        advise(options, scorer, totals.match);
        lines->finish();
    });
    return totals;
}

/// Scores a text as it comes, on rank 0.
Totals predict_text(const PredictOptions& options, Scorer& scorer,
                    const mpi::Communicators& comms) {
    Totals totals;
    run_collectively_idly(comms.world(), [&] {
        if (comms.rank() != 0) return;
        io::Model model = read_one_output(options);
        const bool says_normalization = model.normalization.has_value();
        TextBlocks blocks(options.input, model, options.category, options.normalize);
        scorer = make_scorer(options, std::move(model), 1);
        scorer.data.name = blocks.name();
        scorer.labels.known = true;
        if (!options.normalize && !says_normalization) {
            scorer.doubt = options.model +
                           ": is of an older program and does not say how its training data was "
                           "normalized; the text is scored as it is (--normalize none)";
        }
        ScoreLines lines(options.output, scorer.order.kind, 0, scorer.format);
        io::RowBlock block;
        while (blocks.next(block)) {
            score_block(scorer, block, totals,
                        [&](const Scored& document) { lines.add(document); });
        }
        totals.match.entries += blocks.left_out();
        scorer.data.features = blocks.features();
        if (!blocks.labels_mean_something()) {
            totals.tally = {};
            totals.scores.clear();
        }
        advise(options, scorer, totals.match);
        lines.finish();
    });
    totals.tally = sum_tallies(totals.tally, comms.world());  // all ranks rank the scores
    return totals;
}

}  // namespace

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
        if (values.count("normalize") != 0) {
            options.normalize = values["normalize"].as<data::Norm>();
        }
        check_predict_options(options);
        if (!std::isfinite(options.threshold.value_or(0.0))) {
            refuse("--threshold must be a finite number");
        }
        files = plan_files(known, values);
    });
    run_collectively_on_root(comms.world(), [&] { files.check(options.force); });
    bool several = false;
    run_collectively(comms.world(), [&] {
        several =
            options.category.empty() && !io::ModelReader(options.model).model().outputs.empty();
    });
    if (several) {
        predict_categories(options, comms);
        return 0;
    }
    run_collectively(comms.world(), [&] {
        if (!options.matrix.empty()) refuse("--matrix is for models of several categories");
        if (!options.confusion_table.empty()) {
            refuse("--confusion-table is for models of train --multiclass, without --category");
        }
    });
    Scorer scorer;
    Totals totals = options.input.empty() ? predict_dataset(options, scorer, comms)
                                          : predict_text(options, scorer, comms);
    model::Metrics metrics = model::metrics_of(scorer.model, totals.tally);
    add_ranking(std::move(totals.scores), comms.world(), metrics);
    if (comms.rank() == 0 && !options.quiet) {
        table_stream({options.output})
            << result_text(scorer, totals.tally, metrics, totals.documents) << std::flush;
    }
    return 0;
}

}  // namespace hogwild::app
