#pragma once
#include <algorithm>
#include <cstdint>

#include "mpi/collectives.hpp"
#include "mpi/communicators.hpp"
#include "train/context.hpp"

namespace hogwild::train {

/// Documents of a whole run, each >= 1: of this rank, of the ranks of its group, of all.
struct DocumentTotals {
    double own = 1.0;
    double group = 1.0;
    double all = 1.0;

    /// @note Collective over comms.group().
    static DocumentTotals of(const TrainingContext& context, const mpi::Communicators& comms) {
        const std::int64_t own = context.batches.documents_before(context.batches.batches());
        const std::int64_t group = mpi::sum(comms.group(), own);
        DocumentTotals totals;
        totals.own = std::max(1.0, static_cast<double>(own));
        totals.group = std::max(1.0, static_cast<double>(group));
        totals.all =
            std::max(totals.group, context.global_documents_per_local * static_cast<double>(own));
        return totals;
    }
};

}  // namespace hogwild::train
