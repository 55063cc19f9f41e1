#pragma once
#include <algorithm>
#include <cstdint>

#include "mpi/collectives.hpp"
#include "mpi/communicators.hpp"
#include "train/context.hpp"

namespace hogwild::train {

/// Documents of a whole run, each >= 1: of this rank, of the ranks that share its window, of all.
struct DocumentTotals {
    double own = 1.0;
    double node = 1.0;
    double all = 1.0;

    /// @note Collective over comms.group().
    static DocumentTotals of(const TrainingContext& context, const mpi::Communicators& comms) {
        const std::int64_t own = context.batches.documents_before(context.batches.batches());
        const std::int64_t node = mpi::sum(comms.group(), own);
        DocumentTotals work;
        work.own = std::max(1.0, static_cast<double>(own));
        work.node = std::max(1.0, static_cast<double>(node));
        work.all =
            std::max(work.node, context.global_documents_per_local * static_cast<double>(own));
        return work;
    }
};

}  // namespace hogwild::train
