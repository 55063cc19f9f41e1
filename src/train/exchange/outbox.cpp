#include "train/exchange/outbox.hpp"

#include <algorithm>

#include "mpi/error.hpp"

namespace hogwild::train {

std::vector<std::byte>* Outbox::free_message() {
    const auto slot = std::ranges::find_if(slots_, arrived);
    if (slot == slots_.end()) return nullptr;
    slot->bytes.clear();
    return &slot->bytes;
}

void Outbox::send(const std::vector<std::byte>* message, std::span<const std::byte> part, int to,
                  int tag) {
    Slot& slot = *std::ranges::find(slots_, message, [](const Slot& s) { return &s.bytes; });
    slot.requests.emplace_back();
    mpi::check(MPI_Issend(part.data(), static_cast<int>(part.size()), MPI_BYTE, to, tag, comm_,
                          &slot.requests.back()),
               "MPI_Issend");
}

bool Outbox::all_arrived() { return std::ranges::all_of(slots_, arrived); }

bool Outbox::arrived(Slot& slot) {
    int done = 0;
    mpi::check(MPI_Testall(static_cast<int>(slot.requests.size()), slot.requests.data(), &done,
                           MPI_STATUSES_IGNORE),
               "MPI_Testall");
    if (done != 0) slot.requests.clear();
    return done != 0;
}

}  // namespace hogwild::train
