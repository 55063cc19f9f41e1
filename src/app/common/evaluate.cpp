#include "app/common/evaluate.hpp"

#include <cmath>
#include <deque>
#include <utility>

#include "app/common/ranking.hpp"
#include "app/common/run_collectively.hpp"
#include "data/partition.hpp"
#include "io/block_stream.hpp"
#include "mpi/collectives.hpp"

namespace hogwild::app {
namespace {

/// This rank's rows of every dataset.
std::deque<io::DatasetPart> own_parts(std::vector<LabelledDataset>& datasets,
                                      const mpi::Communicators& comms) {
    std::deque<io::DatasetPart> parts;
    for (auto& [dataset, labelling, categories] : datasets) {
        const data::Range rows = evaluated_rows(dataset, comms);
        parts.push_back({&dataset, labelling, rows.begin, rows.end});
    }
    return parts;
}

}  // namespace

void add_ranking(std::vector<model::LabelledScore> own, mpi::Communicator comm,
                 model::Metrics& metrics) {
    if (!std::isfinite(metrics.loss))
        return;  // on all ranks: scores that are no numbers have no order
    const model::RankingSums sums = rank_all(std::move(own), comm);
    metrics.auc = sums.auc();
    metrics.average_precision = sums.average_precision();
}

model::Tally sum_tallies(const model::Tally& own, mpi::Communicator comm) {
    auto numbers = own.pack();
    mpi::sum_in_rank_order(comm, numbers);
    return model::Tally::unpack(numbers);
}

data::Range evaluated_rows(const io::Dataset& dataset, const mpi::Communicators& comms) {
    return data::equal_part(dataset.rows(), comms.size(), comms.rank());
}

model::Metrics evaluate_datasets(const model::LinearModel<data::Numbering::listed>& model,
                                 const data::FeatureSet& columns,
                                 std::vector<LabelledDataset>& datasets,
                                 const mpi::Communicators& comms,
                                 const std::function<void()>& between_blocks) {
    model::Tally tally;
    std::vector<model::LabelledScore> scores;
    run_collectively(comms.world(), [&] {
        io::BlockStream blocks(own_parts(datasets, comms));
        io::RowBlock block;
        while (blocks.next(block)) {
            const auto rows = model::in_listed_numbering(std::move(block.rows), columns);
            model::evaluate(model, rows, tally, &scores);
            if (between_blocks) between_blocks();
        }
    });
    model::Metrics metrics = model::metrics_of(model, sum_tallies(tally, comms.world()));
    add_ranking(std::move(scores), comms.world(), metrics);
    return metrics;
}

}  // namespace hogwild::app
