#include "hogwild/train/averager.hpp"

#include <cstring>

#include "hogwild/mpi/collectives.hpp"

namespace hogwild::train {

void Averager::replace_by_mean(MPI_Comm comm, std::span<double> w) const {
    std::vector<double> mine(sums_.size());
    for (std::size_t k = 0; k < mine.size(); ++k) {
        mine[k] = total_ > 0.0 ? sums_[k] / total_ : w[static_cast<std::size_t>(block_.begin) + k];
    }
    mpi::GatheredBytes all;
    mpi::all_gather(comm, std::as_bytes(std::span<const double>(mine)), all);
    std::size_t at = 0;  // blocks are in rank order
    for (const std::span<const std::byte> part : all.parts()) {
        if (!part.empty()) std::memcpy(w.data() + at, part.data(), part.size());
        at += part.size() / sizeof(double);
    }
}

}  // namespace hogwild::train
