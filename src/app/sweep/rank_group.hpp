#pragma once
#include <cstdint>
#include <optional>

#include "mpi/communicators.hpp"

namespace hogwild::app {

/// The ranks that train a point together, or none for those that are left over.
class RankGroup {
public:
    RankGroup(const mpi::Communicators& all, std::int64_t ranks_per_point)
        : count_(all.size() / ranks_per_point), index_(all.rank() / ranks_per_point) {
        const bool idle = index_ >= count_;
        mpi::CommunicatorPart part(all.world(),
                                   idle ? std::nullopt : std::optional(static_cast<int>(index_)));
        if (idle) return;
        comms_.emplace(part.get(), all.oversubscribed());
        part.close();
    }
    void close() {
        if (comms_) comms_->close();
    }
    const mpi::Communicators& comms() const { return *comms_; }
    std::int64_t count() const noexcept { return count_; }
    /// Whether this group is the one for the n-th of all pieces of work.
    /// @param in_turn  pieces that follow each other are for different groups.
    bool takes(std::int64_t n, std::int64_t all, bool in_turn) const {
        return comms_ && index_ == (in_turn ? n % count_ : n * count_ / all);
    }

private:
    std::int64_t count_;
    std::int64_t index_;
    std::optional<mpi::Communicators> comms_;
};

}  // namespace hogwild::app
