#include "train/hooks/averager.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "mpi/collectives.hpp"

namespace hogwild::train {

void Averager::save(MPI_Comm comm, std::span<const double> w, SavedState& out) const {
    const double total = mpi::max(comm, total_);
    if (total <= 0.0) return;
    std::vector<double> sums(sums_.size());
    for (std::size_t k = 0; k < sums.size(); ++k) {
        // the factor is exactly 1 if all ranks have made the same progress
        sums[k] = total_ > 0.0 ? sums_[k] * (total / total_)
                               : total * w[static_cast<std::size_t>(block_.begin) + k];
    }
    out.common.put("average_total", total);
    out.common.put("average_next", static_cast<double>(next_));
    out.blocks.put("average_sums", std::span<const double>(sums));
}

void Averager::resume(std::int64_t iteration, std::int64_t was, const RestoredState& saved) {
    std::vector<double> sums = saved.block("average_sums", block_);
    if (!saved.common().has("average_total") || iteration < 1 || was < 1) return;
    // old readings keep their weight relative to new ones; exactly 1 if iterations are the same
    const double rate = static_cast<double>(iteration) / static_cast<double>(was);
    total_ = rate * saved.common().number("average_total");
    for (double& sum : sums) sum *= rate;
    sums_ = std::move(sums);
    const auto next = static_cast<std::int64_t>(saved.common().number("average_next"));
    next_ = std::min(iteration == was ? next : iteration, iteration + every_);
}

void Averager::gather_blocks(MPI_Comm comm, std::span<const double> own, std::span<double> w) {
    mpi::GatheredBytes all;
    mpi::all_gather(comm, std::as_bytes(own), all);
    std::size_t at = 0;  // blocks are in rank order
    for (const std::span<const std::byte> part : all.parts()) {
        if (!part.empty()) std::memcpy(w.data() + at, part.data(), part.size());
        at += part.size() / sizeof(double);
    }
}

void Averager::replace_by_mean(MPI_Comm comm, std::span<double> w) const {
    std::vector<double> own(block_size());
    copy_mean(own, [w](std::size_t u) { return w[u]; });
    gather_blocks(comm, own, w);
}

}  // namespace hogwild::train
