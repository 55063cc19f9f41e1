#include "train/exchange/inbox.hpp"

#include <iterator>

#include "mpi/error.hpp"

namespace hogwild::train {

using mpi::check;

bool Inbox::begin_receiving() {
    int found = 0;
    MPI_Message matched = MPI_MESSAGE_NULL;
    MPI_Status status;
    check(MPI_Improbe(MPI_ANY_SOURCE, MPI_ANY_TAG, comm_, &found, &matched, &status),
          "MPI_Improbe");
    if (found == 0) return false;
    if (free_.empty()) free_.emplace_back();
    pending_.splice(pending_.end(), free_, free_.begin());
    Message& message = pending_.back();
    message.source = status.MPI_SOURCE;
    message.tag = status.MPI_TAG;
    ++begun_[static_cast<std::size_t>(message.source)];
    int length = 0;
    check(MPI_Get_count(&status, MPI_BYTE, &length), "MPI_Get_count");
    message.bytes.resize(static_cast<std::size_t>(length));
    check(MPI_Imrecv(message.bytes.data(), length, MPI_BYTE, &matched, &message.receiving),
          "MPI_Imrecv");
    return true;
}

bool Inbox::complete(Message& message) {
    const auto source = static_cast<std::size_t>(message.source);
    if (stalled_[source]) return false;
    int done = 0;
    check(MPI_Test(&message.receiving, &done, MPI_STATUS_IGNORE), "MPI_Test");
    stalled_[source] = done == 0;
    return done != 0;
}

Inbox::Messages::iterator Inbox::recycle(Messages::iterator message) {
    const auto next = std::next(message);
    free_.splice(free_.begin(), pending_, message);
    return next;
}

}  // namespace hogwild::train
