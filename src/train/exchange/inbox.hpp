#pragma once
#include <mpi.h>

#include <cstddef>
#include <cstdint>
#include <list>
#include <span>
#include <vector>

namespace hogwild::train {

/// Incoming messages. Receiving a long message takes time, and its sender may be descheduled
/// meanwhile: messages are received in the background, and no rank waits for another.
class Inbox {
public:
    /// @param ranks  size of `comm`.
    Inbox(MPI_Comm comm, int ranks)
        : comm_(comm),
          begun_(static_cast<std::size_t>(ranks)),
          stalled_(static_cast<std::size_t>(ranks)) {}

    /// Messages of a sender whose receiving has begun, since construction.
    std::int64_t begun(int source) const { return begun_[static_cast<std::size_t>(source)]; }

    /// Calls `handle(source, tag, bytes)` for every complete message. Messages of one sender keep
    /// their order. `handle` must not call poll().
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

    /// Starts to receive a message. @return false: there was none.
    bool begin_receiving();
    /// Whether this message, and all earlier ones of its sender, are complete.
    bool complete(Message& message);
    Messages::iterator recycle(Messages::iterator message);

    MPI_Comm comm_;
    Messages pending_;                 ///< in order of arrival
    Messages free_;                    ///< for reuse, with their memory
    std::vector<std::int64_t> begun_;  ///< by source
    std::vector<bool> stalled_;        ///< by source: has an incomplete message
};

}  // namespace hogwild::train
