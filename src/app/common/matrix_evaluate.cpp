#include "app/common/matrix_evaluate.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <span>
#include <utility>

#include "app/common/run_collectively.hpp"
#include "mpi/collectives.hpp"

namespace hogwild::app {
namespace {

using model::LabelledScore;

model::MatrixTally sum_tallies(const model::MatrixTally& own, mpi::Communicator comm) {
    std::vector<double> numbers = own.pack();
    mpi::sum_in_rank_order(comm, numbers);
    return model::MatrixTally::unpack(numbers);
}

/// This rank's documents with their labels for one output.
void append_output(const model::ScoreTable& table, std::size_t output,
                   std::vector<LabelledScore>& out) {
    const std::size_t outputs = table.labels.outputs();
    for (std::size_t i = 0; i < table.weights.size(); ++i) {
        const auto labels = table.labels.of(static_cast<std::int64_t>(i));
        const auto score = static_cast<double>(table.scores[i * outputs + output]);
        out.push_back({score, table.weights[i], std::ranges::find(labels, output) != labels.end()});
    }
}

/// Calls f(output, scores of all ranks, sorted by descending score) on one rank for each output, in
/// rounds of one output a rank: so that a rank holds all documents of one output.
template <class F>
void for_each_output(const model::ScoreTable& own, mpi::Communicator comm, const F& f) {
    const std::size_t outputs = own.labels.outputs();
    const auto ranks = static_cast<std::size_t>(comm.size());
    for (std::size_t first = 0; first < outputs; first += ranks) {
        std::vector<LabelledScore> mine;
        std::vector<std::size_t> counts(ranks, 0);
        for (std::size_t r = 0; r < ranks && first + r < outputs; ++r) {
            append_output(own, first + r, mine);
            counts[r] = own.weights.size();
        }
        auto scores = mpi::exchange_parts(comm, std::span<const LabelledScore>(mine), counts);
        const std::size_t output = first + static_cast<std::size_t>(comm.rank());
        if (output >= outputs) continue;
        std::ranges::sort(scores, std::greater<>(), &LabelledScore::score);
        f(output, std::span<const LabelledScore>(scores));
    }
}

/// Scores that are no numbers have no order. The same on all ranks.
bool finite(const model::ScoreTable& own, mpi::Communicator comm) {
    const bool sound = std::ranges::all_of(own.scores, [](float z) { return std::isfinite(z); });
    return mpi::max(comm, std::int64_t{!sound}) == 0;
}

}  // namespace

std::vector<model::RankingMeasures> rank_outputs(const model::ScoreTable& own,
                                                 mpi::Communicator comm) {
    const std::size_t outputs = own.labels.outputs();
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    std::vector<model::RankingMeasures> all(outputs, {kNone, kNone});
    if (!finite(own, comm)) return all;
    std::vector<double> numbers(2 * outputs);  // 0 on all ranks but one
    for_each_output(own, comm, [&](std::size_t o, std::span<const LabelledScore> scores) {
        const model::RankingSums sums = model::sum_ranking(scores);
        numbers[2 * o] = sums.auc();
        numbers[2 * o + 1] = sums.average_precision();
    });
    mpi::sum_in_rank_order(comm, numbers);
    for (std::size_t o = 0; o < outputs; ++o) all[o] = {numbers[2 * o], numbers[2 * o + 1]};
    return all;
}

std::vector<std::optional<double>> choose_thresholds(const model::ScoreTable& own, double fbr,
                                                     mpi::Communicator comm) {
    const std::size_t outputs = own.labels.outputs();
    std::vector<std::optional<double>> all(outputs);
    if (!finite(own, comm)) return all;
    std::vector<double> numbers(2 * outputs);  // by output: whether there is one, and the threshold
    for_each_output(own, comm, [&](std::size_t o, std::span<const LabelledScore> scores) {
        const std::optional<double> best = model::choose_threshold(scores, fbr);
        numbers[2 * o] = best ? 1.0 : 0.0;
        numbers[2 * o + 1] = best.value_or(0.0);
    });
    mpi::sum_in_rank_order(comm, numbers);
    for (std::size_t o = 0; o < outputs; ++o) {
        if (numbers[2 * o] > 0.0) all[o] = numbers[2 * o + 1];
    }
    return all;
}

model::MatrixMetrics evaluate_rows(const model::MatrixModel<data::Numbering::training>& model,
                                   const data::NumberedRows<data::Numbering::training>& own_rows,
                                   const data::LabelSets& labels, mpi::Communicator comm,
                                   Ranking ranking) {
    model::MatrixTally tally(model.outputs.size());
    model::ScoreTable table{{}, data::LabelSets(model.outputs.size()), {}};
    const bool ranks = ranking == Ranking::yes;
    model::evaluate(model, own_rows, labels, 0, tally, ranks ? &table : nullptr);
    return model::metrics_of(
        model, sum_tallies(tally, comm), model::CountClasses::no,
        ranks ? rank_outputs(table, comm) : std::vector<model::RankingMeasures>());
}

model::MatrixMetrics evaluate_rows(const model::MatrixModel<data::Numbering::training>& model,
                                   const model::TrainingRows& rows, data::Range own,
                                   const data::LabelSets& labels, mpi::Communicator comm) {
    model::MatrixTally tally(model.outputs.size());
    constexpr std::int64_t kBlock = 1024;
    for (std::int64_t first = own.begin; first < own.end; first += kBlock) {
        const auto block = rows.plain(first, std::min(own.end, first + kBlock));
        model::evaluate(model, block, labels, first, tally);
    }
    return model::metrics_of(model, sum_tallies(tally, comm), model::CountClasses::yes);
}

model::MatrixMetrics evaluate_datasets(const model::MatrixModel<data::Numbering::listed>& model,
                                       const std::vector<std::string>& categories,
                                       const data::FeatureSet& columns,
                                       std::vector<LabelledDataset>& datasets,
                                       const mpi::Communicators& comms,
                                       const std::function<void()>& between_blocks) {
    constexpr std::int64_t kMostScores = std::int64_t{1} << 28;  // 1 GB in all ranks
    std::int64_t documents = 0;
    for (const LabelledDataset& source : datasets) documents += source.dataset.rows();
    const bool ranks = documents * std::ssize(categories) <= kMostScores;
    model::MatrixTally tally(categories.size());
    model::ScoreTable table{{}, data::LabelSets(categories.size()), {}};
    run_collectively(comms.world(), [&] {
        io::RowBlock block;
        for (LabelledDataset& source : datasets) {
            const data::Range rows = evaluated_rows(source.dataset, comms);
            for (std::int64_t row = rows.begin; row < rows.end;) {
                const std::int64_t next =
                    source.dataset.read_block(row, rows.end, source.labelling, block);
                const data::LabelSets labels = source.dataset.label_sets(row, next, categories);
                const auto listed = model::in_listed_numbering(std::move(block.rows), columns);
                model::evaluate(model, listed, labels, 0, tally, ranks ? &table : nullptr);
                row = next;
                if (between_blocks) between_blocks();
            }
        }
    });
    return model::metrics_of(
        model, sum_tallies(tally, comms.world()), model::CountClasses::no,
        ranks ? rank_outputs(table, comms.world()) : std::vector<model::RankingMeasures>());
}

}  // namespace hogwild::app
