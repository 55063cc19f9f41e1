#pragma once
#include <mpi.h>

#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace hogwild::train {

/// Outgoing messages. Their number is limited, and each keeps its memory until every receiver has
/// matched it (synchronous sends), so a slow receiver slows its senders down instead of filling
/// memory.
class Outbox {
public:
    explicit Outbox(MPI_Comm comm) : comm_(comm) {}

    /// An empty message to fill and send; nullptr if all messages are still in transit.
    std::vector<std::byte>* free_message();
    /// Sends a message of free_message(), or a part of it.
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
