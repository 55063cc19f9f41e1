#include "train/saved_state.hpp"

#include <cstdint>
#include <span>

#include "mpi/collectives.hpp"

namespace hogwild::train {

std::vector<double> RestoredState::block(const std::string& name, data::Range range) const {
    if (!was_saved(name)) return {};
    std::vector<double> out(static_cast<std::size_t>(range.size()));
    mpi::scatter_ranges(comm_, whole(name), range.begin, out);
    return out;
}

std::vector<double> RestoredState::of_documents(const std::string& name) const {
    if (!was_saved(name)) return {};
    return mpi::scatter_numbered(comm_, whole(name), data::numbers_in(documents_));
}

std::span<const double> RestoredState::whole(const std::string& name) const {
    if (!vectors_.has(name)) return {};
    return vectors_.array(name);
}

bool RestoredState::was_saved(const std::string& name) const {
    return mpi::broadcast(comm_, 0, std::int64_t{vectors_.has(name)}) != 0;
}

}  // namespace hogwild::train
