#pragma once
#include <mpi.h>

#include <cstddef>
#include <cstdint>
#include <list>
#include <span>
#include <vector>

namespace hogwild::train {

/// Messages on their way in. A long one takes time, and its sender may fall asleep in the middle of
/// it: receiving goes on in the background, and no rank waits for another.
class Inbox {
public:
    /// @param ranks  of `comm`.
    Inbox(MPI_Comm comm, int ranks)
        : comm_(comm),
          begun_(static_cast<std::size_t>(ranks)),
          stalled_(static_cast<std::size_t>(ranks)) {}

    /// Messages of this sender that have begun to come in, since construction.
    std::int64_t begun(int source) const { return begun_[static_cast<std::size_t>(source)]; }

    /// Calls `handle(source, tag, bytes)` for every message that is complete: messages of one
    /// sender in the order in which it sent them. `handle` must not poll.
    template <class Handle>
    void poll(Handle&& handle) {
        while (begin_receiving()) {
        }
        stalled_.assign(stalled_.size(), false);
        for (auto message = pending_.begin(); message != pending_.end();) {
            if (!complete(*message)) {
                ++message;
                continue;
            }
            handle(message->source, message->tag, std::span<const std::byte>(message->bytes));
            message = recycle(message);
        }
    }

private:
    struct Message {
        std::vector<std::byte> bytes;
        MPI_Request receiving = MPI_REQUEST_NULL;
        int source = 0;
        int tag = 0;
    };
    using Messages = std::list<Message>;

    /// @return whether there was one to receive.
    bool begin_receiving();
    /// Whether this message, and all of its sender before it, have come in.
    bool complete(Message& message);
    Messages::iterator recycle(Messages::iterator message);

    MPI_Comm comm_;
    Messages pending_;                 ///< in order of arrival
    Messages free_;                    ///< keeps its memory
    std::vector<std::int64_t> begun_;  ///< by source
    std::vector<bool> stalled_;        ///< by source: a message is not complete yet
};

}  // namespace hogwild::train
