#include "hogwild/train/averager.hpp"

#include <algorithm>
#include <cstring>

#include "hogwild/mpi/collectives.hpp"

namespace hogwild::train {

void Averager::resume(std::span<const data::State> saved) {
    for (const data::State& state : saved) {
        if (!state.has("average_sums") || state.number("average_total") <= 0.0) continue;
        if (total_ <= 0.0) {  // the first one's will do for all: ranks are about equally far
            total_ = state.number("average_total");
            next_ = static_cast<std::int64_t>(state.number("average_next"));
        }
        const std::vector<double>& sums = state.array("average_sums");
        const auto first = static_cast<std::int64_t>(state.number("average_first"));
        for (std::int64_t u = std::max(first, block_.begin);
             u < std::min(first + std::ssize(sums), block_.end); ++u) {
            sums_[static_cast<std::size_t>(u - block_.begin)] =
                sums[static_cast<std::size_t>(u - first)] *
                (total_ / state.number("average_total"));
        }
    }
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
