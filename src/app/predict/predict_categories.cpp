#include "app/predict/predict_categories.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/common/category_report.hpp"
#include "app/common/evaluate.hpp"
#include "app/common/feature_match.hpp"
#include "app/common/last_words.hpp"
#include "app/common/load.hpp"
#include "app/common/matrix_measures.hpp"
#include "app/common/run_collectively.hpp"
#include "app/common/staging.hpp"
#include "app/common/table_stream.hpp"
#include "app/predict/category_lines.hpp"
#include "app/predict/category_matrix.hpp"
#include "app/predict/category_scorer.hpp"
#include "app/predict/document_order.hpp"
#include "app/predict/text_blocks.hpp"
#include "io/block_stream.hpp"
#include "model/linear_model.hpp"
#include "mpi/collectives.hpp"

namespace hogwild::app {
namespace {

/// Scores documents block by block.
class CategoryRun {
public:
    /// @param labels  of the documents in their order; empty: not known.
    CategoryRun(const CategoryScorer& scorer, std::string name,
                std::optional<data::LabelSets> labels)
        : scorer_(scorer),
          name_(std::move(name)),
          labels_(std::move(labels)),
          format_(scorer.origin().outputs, scorer.model().outputs),
          tally_(scorer.model().outputs.size()) {}

    /// Takes the block's rows. @param take  take(number of the document, id, line).
    template <class Take>
    void score(io::RowBlock& block, const Take& take) {
        const auto rows = model::in_listed_numbering(std::move(block.rows), scorer_.columns());
        const std::size_t outputs = scorer_.model().outputs.size();
        if (!labels_) {
            none_ = data::LabelSets(outputs);
            for (std::int64_t i = 0; i < rows.size(); ++i) none_.append({});
        }
        model::ScoreTable scores(outputs);
        model::evaluate(scorer_.model(), rows, labels_ ? *labels_ : none_, labels_ ? documents_ : 0,
                        tally_, &scores);
        match_.add(rows, scorer_.weighted());
        for (std::int64_t i = 0; i < rows.size(); ++i) {
            const std::int64_t id = block.document_id[static_cast<std::size_t>(i)];
            check_scores(scores.scores(i), name_, id);
            take(documents_ + i, id, format_.line(id, scores.scores(i)));
        }
        documents_ += rows.size();
    }

    bool labels_known() const noexcept { return labels_.has_value(); }
    const model::MatrixTally& tally() const noexcept { return tally_; }
    FeatureMatch& match() noexcept { return match_; }
    std::int64_t documents() const noexcept { return documents_; }

private:
    const CategoryScorer& scorer_;
    std::string name_;
    std::optional<data::LabelSets> labels_;
    data::LabelSets none_;
    CategoryFormat format_;
    model::MatrixTally tally_;
    FeatureMatch match_;
    std::int64_t documents_ = 0;
};

/// The labels of this rank's documents; none where the dataset does not know all categories.
std::optional<data::LabelSets> find_labels(io::Dataset& dataset, data::Range rows,
                                           const std::vector<io::ModelOutput>& outputs) {
    const std::vector<std::string>& topics = dataset.header().topics;
    std::vector<std::string> categories;
    for (const io::ModelOutput& output : outputs) {
        if (std::ranges::find(topics, output.category) == topics.end()) return std::nullopt;
        categories.push_back(output.category);
    }
    return dataset.label_sets(rows.begin, rows.end, categories);
}

void advise(const PredictOptions& options, const CategoryScorer& scorer, const FeatureSpace& data,
            bool known_data, const FeatureMatch& match) {
    const bool has_weights =
        std::ranges::any_of(scorer.weighted(), [](double weight) { return weight != 0.0; });
    if (known_data || !has_weights) return;
    const std::string line =
        compare_features({options.model, scorer.origin().features}, data, match);
    if (!line.empty()) say(line);
}

/// For people: how many documents were scored, and how the labels agree where they are known.
std::string result_text(std::int64_t documents, std::size_t categories,
                        const std::optional<model::MatrixMetrics>& metrics) {
    std::string text =
        fmt::format("{} documents scored for {} categories\n", documents, categories);
    return metrics ? text + averages_text(*metrics) : text;
}

/// Scores a dataset, each rank a part of it.
void score_dataset(const PredictOptions& options, const CategoryScorer& scorer,
                   const mpi::Communicators& comms) {
    std::vector<io::Dataset> opened = open_datasets({options.data}, comms);
    io::Dataset& dataset = opened.front();
    const mpi::Communicator world = comms.world();
    const data::Range rows = evaluated_rows(dataset, comms);
    const std::vector<std::string>& digests = scorer.origin().dataset_digests;
    const bool known_data = std::ranges::find(digests, dataset.digest()) != digests.end();
    std::optional<CategoryRun> run;
    run_collectively(world, [&] {
        check_id_base(options.model, scorer.origin().feature_id_base, dataset);
        const std::string doubt = check_values(options.model, scorer.origin(), dataset);
        if (!doubt.empty() && comms.rank() == 0) say(doubt);
        run.emplace(scorer, dataset.name(), find_labels(dataset, rows, scorer.origin().outputs));
    });
    if (!options.stage.empty()) stage(options.stage, {{&dataset, {rows}}}, comms);
    if (!options.matrix.empty()) {
        write_score_matrix(options, scorer, dataset, comms);
        if (comms.rank() == 0 && !options.quiet) {
            std::cout << result_text(dataset.rows(), scorer.model().outputs.size(), std::nullopt)
                      << std::flush;
        }
        return;
    }
    const DocumentOrder order = find_order(options.order, dataset, comms);
    std::optional<CategoryLines> lines;  // on rank 0
    run_collectively_on_root(world,
                             [&] { lines.emplace(options.output, order.kind != LineOrder::file); });
    LineBuffer buffer;
    run_collectively(world, [&] {
        io::BlockStream blocks({{&dataset, any_labels(dataset), rows.begin, rows.end}});
        io::RowBlock block;
        while (blocks.next(block)) {
            run->score(block, [&](std::int64_t number, std::int64_t id, std::string_view line) {
                const std::int64_t place = order.place(number, id);
                if (lines) {
                    lines->add(place, line);
                } else {
                    buffer.add(place, line);
                }
            });
        }
    });
    buffer.pass_on(lines ? &*lines : nullptr, comms);
    const FeatureMatch match = run->match().summed(world);
    run_collectively_on_root(world, [&] {
        advise(options, scorer, {dataset.name(), dataset.features()}, known_data, match);
        say_order(options.order, order.kind, options.data, options.quiet);
        lines->finish();
    });
    std::optional<model::MatrixMetrics> metrics;
    if (run->labels_known()) metrics = metrics_of_all(scorer.model(), run->tally(), world);
    if (comms.rank() == 0 && !options.quiet) {
        table_stream({options.output})
            << result_text(dataset.rows(), scorer.model().outputs.size(), metrics) << std::flush;
    }
}

/// Scores a text as it comes, on rank 0. Its labels are not looked at.
void score_text(const PredictOptions& options, const CategoryScorer& scorer,
                const mpi::Communicators& comms) {
    run_collectively_idly(comms.world(), [&] {
        if (comms.rank() != 0) return;
        TextBlocks blocks(options.input, scorer.origin(), {}, options.normalize);
        CategoryRun run(scorer, blocks.name(), std::nullopt);
        CategoryLines lines(options.output, options.order == LineOrder::id);
        io::RowBlock block;
        while (blocks.next(block)) {
            run.score(block, [&](std::int64_t /*number*/, std::int64_t id, std::string_view line) {
                lines.add(id, line);
            });
        }
        run.match().entries += blocks.left_out();
        advise(options, scorer, {blocks.name(), blocks.features()}, false, run.match());
        lines.finish();
        if (options.quiet) return;
        table_stream({options.output})
            << result_text(run.documents(), scorer.model().outputs.size(), std::nullopt)
            << std::flush;
    });
}

}  // namespace

void predict_categories(const PredictOptions& options, const mpi::Communicators& comms) {
    run_collectively(comms.world(), [&] {
        if (!options.probability) return;
        throw Error(ExitCode::usage, options.model +
                                         " is of several categories, and has no "
                                         "probabilities: leave out --probability");
    });
    CategoryScorer scorer(options, comms);
    if (options.input.empty()) {
        score_dataset(options, scorer, comms);
    } else {
        score_text(options, scorer, comms);
    }
    scorer.close();
}

}  // namespace hogwild::app
