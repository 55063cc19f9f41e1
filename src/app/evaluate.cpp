#include "hogwild/app/evaluate.hpp"

#include <deque>

#include "hogwild/app/agreement.hpp"
#include "hogwild/data/partition.hpp"
#include "hogwild/io/read_ahead.hpp"
#include "hogwild/mpi/collectives.hpp"

namespace hogwild::app {
namespace {

/// Rows of a dataset that are yet to be read.
struct Part {
    LabelledDataset* source;
    data::Range rows;
};

std::deque<Part> own_parts(std::vector<LabelledDataset>& datasets,
                           const mpi::Communicators& comms) {
    std::deque<Part> parts;
    for (LabelledDataset& source : datasets) {
        parts.push_back(
            {&source, data::equal_part(source.dataset.rows(), comms.size(), comms.rank())});
    }
    return parts;
}

}  // namespace

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
        io::ReadAhead<io::RowBlock> ahead([parts = own_parts(datasets, comms)](
                                              io::RowBlock& block) mutable {
            while (!parts.empty() && parts.front().rows.size() == 0) parts.pop_front();
            if (parts.empty()) return false;
            auto& [source, rows] = parts.front();
            rows.begin = source->dataset.read_block(rows.begin, rows.end, source->labelling, block);
            return true;
        });
        io::RowBlock block;
        while (ahead.next(block)) model::evaluate(objective, w, block.rows, tally);
    });
    return model::metrics_of(objective, w, sum_tallies(tally, comms.world()));
}

}  // namespace hogwild::app
