#pragma once
#include <mpi.h>

#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace hogwild::train {

/// Messages on their way to other ranks. There are few, and each keeps its memory until every
/// receiver has taken it (a synchronous send ends no sooner), so a slow receiver slows its senders
/// instead of filling memory.
class Outbox {
public:
    explicit Outbox(MPI_Comm comm) : comm_(comm) {}

    /// An empty message that may be filled and sent now; nullptr when all are still on their way.
    std::vector<std::byte>* free_message();
    /// Sends a part of what free_message() gave, or all of it.
    void send(const std::vector<std::byte>* message, std::span<const std::byte> part, int to,
              int tag);
    bool all_arrived();

private:
    struct Slot {
        std::vector<std::byte> bytes;
        std::vector<MPI_Request> requests;
    };
    static bool arrived(Slot& slot);

    MPI_Comm comm_;
    std::array<Slot, 8> slots_;
};

}  // namespace hogwild::train
