#include "hogwild/app/evaluate.hpp"

#include "hogwild/app/agreement.hpp"
#include "hogwild/data/partition.hpp"
#include "hogwild/mpi/collectives.hpp"

namespace hogwild::app {

model::Tally sum_tallies(const model::Tally& own, MPI_Comm comm) {
    auto numbers = own.pack();
    mpi::sum_in_rank_order(comm, numbers);
    return model::Tally::unpack(numbers);
}

model::Metrics evaluate_rows(const model::Objective& objective, std::span<const double> w,
                             const data::Rows& own_rows, MPI_Comm comm) {
    model::Tally tally;
    model::evaluate(objective, w, own_rows, tally);
    return model::metrics_of(objective, w, sum_tallies(tally, comm));
}

model::Metrics evaluate_datasets(const model::Objective& objective, std::span<const double> w,
                                 std::vector<LabelledDataset>& datasets,
                                 const mpi::Communicators& comms) {
    model::Tally tally;
    agree(comms.world(), [&] {
        io::RowBlock block;
        for (LabelledDataset& source : datasets) {
            const data::Range part =
                data::equal_part(source.dataset.rows(), comms.size(), comms.rank());
            for (std::int64_t row = part.begin; row < part.end;) {
                row = source.dataset.read_block(row, part.end, source.labelling, block);
                model::evaluate(objective, w, block.rows, tally);
            }
        }
    });
    return model::metrics_of(objective, w, sum_tallies(tally, comms.world()));
}

}  // namespace hogwild::app
