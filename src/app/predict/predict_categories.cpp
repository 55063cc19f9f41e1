#include "app/predict/predict_categories.hpp"

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
#include "app/predict/category_labels.hpp"
#include "app/predict/category_lines.hpp"
#include "app/predict/category_matrix.hpp"
#include "app/predict/category_result.hpp"
#include "app/predict/category_scorer.hpp"
#include "app/predict/document_order.hpp"
#include "app/predict/text_blocks.hpp"
#include "io/block_stream.hpp"
#include "io/text_file.hpp"
#include "model/linear_model.hpp"
#include "mpi/collectives.hpp"

namespace hogwild::app {
namespace {

/// Scores documents block by block.
class CategoryRun {
public:
    CategoryRun(const CategoryScorer& scorer, std::string name)
        : scorer_(scorer),
          name_(std::move(name)),
          format_(scorer.origin().outputs, scorer.model().outputs, scorer.model().decision),
          tally_(scorer.model().outputs.size()) {}

    /// Takes the block's rows. @param labels  of them, from document `first` on; null: not known.
    /// @param take  take(number of the document, id, line).
    template <class Take>
    void score(io::RowBlock& block, const data::LabelSets* labels, std::int64_t first,
               const Take& take) {
        const std::size_t outputs = scorer_.model().outputs.size();
        const auto rows = model::in_listed_numbering(std::move(block.rows), scorer_.columns());
        const auto n = static_cast<std::size_t>(rows.size());
        const data::LabelSets none = unknown_labels(labels == nullptr ? n : 0, outputs);
        model::ScoreTable scores(outputs);
        model::evaluate(scorer_.model(), rows, labels == nullptr ? none : *labels,
                        labels == nullptr ? 0 : first, tally_, &scores);
        match_.add(rows, scorer_.weighted());
        for (std::int64_t i = 0; i < rows.size(); ++i) {
            const std::int64_t id = block.document_id[static_cast<std::size_t>(i)];
            check_scores(scores.scores(i), name_, id);
            take(documents_ + i, id, format_.line(id, scores.scores(i)));
        }
        documents_ += rows.size();
    }

    const model::MatrixTally& tally() const noexcept { return tally_; }
    FeatureMatch& match() noexcept { return match_; }
    std::int64_t documents() const noexcept { return documents_; }

private:
    const CategoryScorer& scorer_;
    std::string name_;
    CategoryFormat format_;
    model::MatrixTally tally_;
    FeatureMatch match_;
    std::int64_t documents_ = 0;
};

void advise(const PredictOptions& options, const CategoryScorer& scorer, const FeatureSpace& data,
            bool known_data, const FeatureMatch& match) {
    const bool has_weights =
        std::ranges::any_of(scorer.weighted(), [](double weight) { return weight != 0.0; });
    if (known_data || !has_weights) return;
    const std::string line =
        compare_features({options.model, scorer.origin().features}, data, match);
    if (!line.empty()) say(line);
}

void print_result(const PredictOptions& options, std::int64_t documents, const io::Model& model,
                  const std::optional<model::MatrixMetrics>& metrics) {
    if (options.quiet) return;
    table_stream({options.output}) << category_result_text(documents, model, metrics) << std::flush;
}

/// Scores this rank's rows of a dataset. @param lines  on rank 0; the others' come there after all.
void score_part(io::Dataset& dataset, data::Range rows, const data::LabelSets* labels,
                const DocumentOrder& order, CategoryRun& run, CategoryLines* lines,
                const mpi::Communicators& comms) {
    LineBuffer buffer;
    run_collectively(comms.world(), [&] {
        io::BlockStream blocks({{&dataset, any_labels(dataset), rows.begin, rows.end}});
        io::RowBlock block;
        const auto take = [&](std::int64_t number, std::int64_t id, std::string_view line) {
            const std::int64_t place = order.place(number, id);
            if (lines != nullptr) {
                lines->add(place, line);
            } else {
                buffer.add(place, line);
            }
        };
        while (blocks.next(block)) run.score(block, labels, run.documents(), take);
    });
    buffer.pass_on(lines, comms);
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
    run_collectively(world, [&] {
        check_id_base(options.model, scorer.origin().feature_id_base, dataset);
        const std::string doubt = check_values(options.model, scorer.origin(), dataset);
        if (!doubt.empty() && comms.rank() == 0) say(doubt);
    });
    if (!options.stage.empty()) stage(options.stage, {{&dataset, {rows}}}, comms);
    if (!options.matrix.empty()) {
        write_score_matrix(options, scorer, dataset, comms);
        if (comms.rank() == 0) print_result(options, dataset.rows(), scorer.origin(), std::nullopt);
        return;
    }
    std::optional<data::LabelSets> labels;
    run_collectively(world, [&] {
        labels = find_labels(dataset, rows, scorer.origin());
        if (!labels) check_no_confusion(options, dataset.name());
    });
    CategoryRun run(scorer, dataset.name());
    const DocumentOrder order = find_order(options.order, dataset, comms);
    std::optional<CategoryLines> lines;  // on rank 0
    run_collectively_on_root(world,
                             [&] { lines.emplace(options.output, order.kind != LineOrder::file); });
    score_part(dataset, rows, labels ? &*labels : nullptr, order, run, lines ? &*lines : nullptr,
               comms);
    const FeatureMatch match = run.match().summed(world);
    std::optional<model::MatrixMetrics> metrics;
    if (labels) metrics = metrics_of_all(scorer.model(), run.tally(), world);
    run_collectively_on_root(world, [&] {
        advise(options, scorer, {dataset.name(), dataset.features()}, known_data, match);
        say_order(options.order, order.kind, options.data, options.quiet);
        lines->finish();
        if (metrics) write_confusion(options, scorer.origin(), *metrics);
        print_result(options, dataset.rows(), scorer.origin(), metrics);
    });
}

/// Scores a text as it comes, on rank 0. Labels are compared where they are classes of the model.
void score_text(const PredictOptions& options, const CategoryScorer& scorer,
                const mpi::Communicators& comms) {
    run_collectively_idly(comms.world(), [&] {
        if (comms.rank() != 0) return;
        const bool of_classes = scorer.origin().decision == data::Decision::highest;
        TextBlocks blocks(options.input, scorer.origin(), {}, options.normalize);
        const TextClasses classes(scorer.origin().outputs);
        CategoryRun run(scorer, blocks.name());
        CategoryLines lines(options.output, options.order == LineOrder::id);
        const auto take = [&](std::int64_t /*number*/, std::int64_t id, std::string_view line) {
            lines.add(id, line);
        };
        io::RowBlock block;
        while (blocks.next(block)) {
            if (!of_classes || !blocks.all_are_classes()) {
                run.score(block, nullptr, 0, take);
                continue;
            }
            const data::LabelSets labels =
                classes.read(blocks.classes(), run.documents() + 1, blocks.name());
            run.score(block, &labels, 0, take);
        }
        run.match().entries += blocks.left_out();
        advise(options, scorer, {blocks.name(), blocks.features()}, false, run.match());
        std::optional<model::MatrixMetrics> metrics;
        if (of_classes && blocks.all_are_classes()) {
            metrics = model::metrics_of(scorer.model(), run.tally(), {});
        } else {
            check_no_confusion(options, blocks.name());
        }
        lines.finish();
        if (metrics) write_confusion(options, scorer.origin(), *metrics);
        print_result(options, run.documents(), scorer.origin(), metrics);
    });
}

}  // namespace

void predict_categories(const PredictOptions& options, const mpi::Communicators& comms) {
    CategoryScorer scorer(options, comms);
    run_collectively(comms.world(), [&] { check_category_options(options, scorer.origin()); });
    run_collectively_on_root(comms.world(), [&] {
        if (!options.confusion_table.empty()) io::check_text_output(options.confusion_table);
    });
    if (options.input.empty()) {
        score_dataset(options, scorer, comms);
    } else {
        score_text(options, scorer, comms);
    }
    scorer.close();
}

}  // namespace hogwild::app
