#pragma once
#include <algorithm>
#include <cstring>
#include <list>
#include <utility>
#include <vector>

#include "mpi/spin_wait.hpp"
#include "train/exchange/inbox.hpp"
#include "train/strategies/downpour_topology.hpp"
#include "train/weights/parameter_shard.hpp"

namespace hogwild::train::downpour {

/// A server: answers until every worker has ended the round. If it is the gateway for workers of
/// another node, it also exchanges messages with the other servers of the server group.
template <class Real>
class Server {
public:
    Server(MPI_Comm comm, const Topology& topology, ParameterShard<Real>& shard)
        : comm_(comm),
          topology_(topology),
          me_(topology.server_of(topology.rank)),
          shard_(shard),
          inbox_(comm, topology.workers + topology.servers),
          replies_(static_cast<std::size_t>(topology.workers)) {}

    void serve() {
        ended_ = 0;
        mpi::spin_until([&] {
            inbox_.poll([this](int from, int tag, std::span<const std::byte> bytes) {
                if (from < topology_.workers) {
                    from_worker(from, tag, bytes);
                } else {
                    from_server(from, tag, bytes);
                }
            });
            std::erase_if(passing_on_, [](Passed& message) { return arrived(message.sending); });
            return ended_ == topology_.workers && passing_on_.empty();
        });
        for (Reply& reply : replies_) wait(reply);
    }

    const Traffic& traffic() const noexcept { return traffic_; }

private:
    /// Reply to a worker: the blocks of a server group, in the order of the servers.
    struct Reply {
        std::vector<std::byte> bytes;
        int missing = 0;  ///< blocks
        MPI_Request sending = MPI_REQUEST_NULL;
    };
    struct Passed {
        std::vector<std::byte> bytes;
        MPI_Request sending = MPI_REQUEST_NULL;
    };

    void from_worker(int worker, int tag, std::span<const std::byte> bytes) {
        const ServerGroup group = topology_.group_of(worker, me_);
        if (tag == kPush) {
            for (int s = group.first; s < group.end; ++s) {
                const std::size_t size = DeltaMessage::bytes_of(DeltaMessage::unpack(bytes).header);
                to_server(s, kPush, bytes.first(size));
                bytes = bytes.subspan(size);
            }
        } else if (tag == kFetch) {
            Reply& reply = replies_[static_cast<std::size_t>(worker)];
            wait(reply);  // a worker that asks again has received its previous reply
            reply.bytes.resize(size_of(group.first, group.end));
            reply.missing = group.end - group.first;
            for (int s = group.first; s < group.end; ++s) {
                const std::int64_t id = worker;
                to_server(s, kFetchFor, std::as_bytes(std::span(&id, 1)));
            }
        } else {
            for (int s = group.first; s < group.end; ++s) to_server(s, kEnd, {});
        }
    }

    void from_server(int from, int tag, std::span<const std::byte> bytes) {
        if (tag == kPart) {
            const std::span<const std::byte> block = bytes.subspan(sizeof(std::int64_t));
            fill_in(worker_in(bytes), topology_.server_of(from),
                    [block](std::byte* to) { std::ranges::copy(block, to); });
        } else {
            take(from, tag, bytes);
        }
    }

    /// Delivers a message for one server, which may be this one.
    void to_server(int s, Tag tag, std::span<const std::byte> bytes) {
        if (s == me_) {
            take(topology_.rank, tag, bytes);
        } else {
            pass_on(topology_.server_rank(s), tag, {bytes.begin(), bytes.end()});
        }
    }
    void take(int gateway, int tag, std::span<const std::byte> bytes) {
        if (tag == kPush) {
            shard_.apply(DeltaMessage::unpack(bytes));
        } else if (tag == kEnd) {
            ++ended_;
        } else if (gateway == topology_.rank) {
            fill_in(worker_in(bytes), me_, [this](std::byte* to) { write_block(to); });
        } else {
            std::vector<std::byte> part(bytes.begin(), bytes.end());
            part.resize(bytes.size() + size_of(me_, me_ + 1));
            write_block(part.data() + bytes.size());
            pass_on(gateway, kPart, std::move(part));
        }
    }

    static int worker_in(std::span<const std::byte> bytes) {
        std::int64_t worker = 0;
        std::memcpy(&worker, bytes.data(), sizeof worker);
        return static_cast<int>(worker);
    }
    /// Writes version and weights.
    void write_block(std::byte* to) const {
        const std::int64_t version = shard_.version();
        const std::span<const Real> w = shard_.weights();
        std::memcpy(to, &version, sizeof version);
        if (!w.empty()) std::memcpy(to + sizeof version, w.data(), w.size_bytes());
    }
    /// Writes a server's block into the reply to a worker, and sends the reply if it is complete.
    template <class Write>
    void fill_in(int to, int s, Write&& write) {
        Reply& reply = replies_[static_cast<std::size_t>(to)];
        const ServerGroup group = topology_.group_of(to, me_);
        write(reply.bytes.data() + size_of(group.first, s));
        if (--reply.missing > 0) return;
        mpi::check(MPI_Isend(reply.bytes.data(), static_cast<int>(reply.bytes.size()), MPI_BYTE, to,
                             kWeights, comm_, &reply.sending),
                   "MPI_Isend");
        if (group.remote) traffic_.count(reply.bytes.size());
    }
    /// Bytes of the blocks of servers [first, end) in a reply.
    std::size_t size_of(int first, int end) const {
        std::size_t bytes = 0;
        for (int s = first; s < end; ++s) {
            const auto weights = static_cast<std::size_t>(topology_.block(s).size());
            bytes += sizeof(std::int64_t) + weights * sizeof(Real);
        }
        return bytes;
    }

    /// Sends without waiting: servers that wait for each other would never answer.
    void pass_on(int to, Tag tag, std::vector<std::byte> bytes) {
        Passed& message = passing_on_.emplace_back(Passed{std::move(bytes), MPI_REQUEST_NULL});
        mpi::check(MPI_Isend(message.bytes.data(), static_cast<int>(message.bytes.size()), MPI_BYTE,
                             to, tag, comm_, &message.sending),
                   "MPI_Isend");
    }
    static bool arrived(MPI_Request& sending) {
        int done = 0;
        mpi::check(MPI_Test(&sending, &done, MPI_STATUS_IGNORE), "MPI_Test");
        return done != 0;
    }
    static void wait(Reply& reply) {
        mpi::check(MPI_Wait(&reply.sending, MPI_STATUS_IGNORE), "MPI_Wait");
    }

    MPI_Comm comm_;
    const Topology& topology_;
    int me_;  ///< number of this server
    ParameterShard<Real>& shard_;
    Inbox inbox_;
    int ended_ = 0;               ///< number of workers that have ended the round
    std::vector<Reply> replies_;  ///< by worker
    std::list<Passed> passing_on_;
    Traffic traffic_;
};

}  // namespace hogwild::train::downpour
