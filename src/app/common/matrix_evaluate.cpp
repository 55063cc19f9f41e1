#include "app/common/matrix_evaluate.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "app/common/class_labels.hpp"
#include "app/common/matrix_measures.hpp"
#include "app/common/run_collectively.hpp"

namespace hogwild::app {
namespace {

/// Sets the measures of the rankings, where scores were kept. @note Collective.
model::MatrixMetrics with_rankings(model::MatrixMetrics metrics,
                                   const std::optional<model::ScoreTable>& scores,
                                   mpi::Communicator comm) {
    if (scores) set_rankings(rank_outputs(*scores, std::nullopt, comm), metrics);
    return metrics;
}

}  // namespace

model::MatrixMetrics evaluate_rows(const model::MatrixModel<data::Numbering::training>& model,
                                   const data::NumberedRows<data::Numbering::training>& own_rows,
                                   const data::LabelSets& labels, mpi::Communicator comm,
                                   Ranking ranking) {
    model::MatrixTally tally(model.outputs.size());
    std::optional<model::ScoreTable> scores;
    if (ranking == Ranking::yes) scores.emplace(model.outputs.size());
    model::evaluate(model, own_rows, labels, 0, tally, scores ? &*scores : nullptr);
    return with_rankings(metrics_of_all(model, tally, comm), scores, comm);
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
    return metrics_of_all(model, tally, comm, model::ClassWeighting::yes);
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
    model::MatrixTally tally(categories.size());
    std::optional<model::ScoreTable> scores;
    if (documents * std::ssize(categories) <= kMostScores) scores.emplace(categories.size());
    run_collectively(comms.world(), [&] {
        io::RowBlock block;
        for (LabelledDataset& source : datasets) {
            const data::Range rows = evaluated_rows(source.dataset, comms);
            std::optional<ClassLabels> classes;
            if (model.decision == data::Decision::highest) {
                classes.emplace(source.dataset, categories);
            }
            for (std::int64_t row = rows.begin; row < rows.end;) {
                const std::int64_t next =
                    source.dataset.read_block(row, rows.end, source.labelling, block);
                const data::LabelSets labels =
                    classes ? classes->read(row, next)
                            : source.dataset.label_sets(row, next, categories);
                const auto listed = model::in_listed_numbering(std::move(block.rows), columns);
                model::evaluate(model, listed, labels, 0, tally, scores ? &*scores : nullptr);
                row = next;
                if (between_blocks) between_blocks();
            }
        }
    });
    return with_rankings(metrics_of_all(model, tally, comms.world()), scores, comms.world());
}

}  // namespace hogwild::app
