#include "train/saved_state.hpp"

#include <cstdint>
#include <span>

#include "mpi/collectives.hpp"

namespace hogwild::train {

std::vector<double> RestoredState::block(const std::string& name, data::Range range) const {
    const std::int64_t there = mpi::broadcast(comm_, 0, std::int64_t{vectors_.has(name)});
    if (there == 0) return {};
    std::vector<double> out(static_cast<std::size_t>(range.size()));
    const std::span<const double> whole = vectors_.has(name)
                                              ? std::span<const double>(vectors_.array(name))
                                              : std::span<const double>();
    mpi::scatter_ranges(comm_, whole, range.begin, out);
    return out;
}

}  // namespace hogwild::train
