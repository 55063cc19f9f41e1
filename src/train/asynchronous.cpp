/// Asynchronous message passing (hogwild-python's): every rank has weights of its own; after each
/// batch it applies its change and sends it to all others, and before the next it applies what has
/// arrived. Nobody waits for anybody's batch; at a boundary everything sent has been applied
/// everywhere, so that all ranks hold the same weights to rounding.
#include <algorithm>
#include <array>
#include <optional>

#include "hogwild/mpi/collectives.hpp"
#include "hogwild/mpi/error.hpp"
#include "hogwild/mpi/spin_wait.hpp"
#include "hogwild/train/delta_message.hpp"
#include "hogwild/train/own_weights.hpp"
#include "strategy_list.hpp"

namespace hogwild::train {
namespace {

using mpi::check;

/// Messages on their way to all other ranks. There are few, and each keeps its memory until every
/// receiver has taken it (a synchronous send ends no sooner), so a slow receiver slows its senders
/// instead of filling memory.
class Outbox {
public:
    Outbox(MPI_Comm comm, int rank, int ranks) : comm_(comm), rank_(rank), ranks_(ranks) {}

    /// A message that may be filled and sent now; nullptr when all are still on their way.
    std::vector<std::byte>* free_message() {
        for (Slot& slot : slots_) {
            if (arrived(slot)) return &slot.bytes;
        }
        return nullptr;
    }
    /// Sends what free_message() gave.
    void send(const std::vector<std::byte>* bytes) {
        Slot& slot = *std::ranges::find(slots_, bytes, [](const Slot& s) { return &s.bytes; });
        for (int peer = 0; peer < ranks_; ++peer) {
            if (peer == rank_) continue;
            slot.requests.emplace_back();
            check(MPI_Issend(slot.bytes.data(), static_cast<int>(slot.bytes.size()), MPI_BYTE, peer,
                             0, comm_, &slot.requests.back()),
                  "MPI_Issend");
        }
    }
    bool all_arrived() {
        return std::ranges::all_of(slots_, [&](Slot& slot) { return arrived(slot); });
    }

private:
    struct Slot {
        std::vector<std::byte> bytes;
        std::vector<MPI_Request> requests;
    };
    static bool arrived(Slot& slot) {
        int done = 0;
        check(MPI_Testall(static_cast<int>(slot.requests.size()), slot.requests.data(), &done,
                          MPI_STATUSES_IGNORE),
              "MPI_Testall");
        if (done != 0) slot.requests.clear();
        return done != 0;
    }

    MPI_Comm comm_;
    int rank_;
    int ranks_;
    std::array<Slot, 8> slots_;
};

template <class Real>
class Asynchronous final : public OwnWeightsStrategy<Real> {
public:
    Asynchronous(const Problem& problem, const mpi::Communicators& comms)
        : OwnWeightsStrategy<Real>(problem),
          ranks_(comms.size()),
          last_(problem.batches.batches()) {
        check(MPI_Comm_dup(comms.world(), &comm_), "MPI_Comm_dup");  // its messages are its own
        check(MPI_Comm_set_errhandler(comm_, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
        outbox_.emplace(comm_, comms.rank(), ranks_);
    }

    void run(std::int64_t until) override {
        for (; this->iteration_ < std::min(until, last_); ++this->iteration_) {
            receive();
            const auto change = this->step().compute(this->iteration_, this->w());
            send(change);
            this->apply(change.exponent, change.documents, change.delta);
        }
    }

    void quiesce() override {
        // Every rank learns how many messages there are in all, receiving while it waits.
        std::int64_t in_all = 0;
        MPI_Request counting = MPI_REQUEST_NULL;
        check(MPI_Iallreduce(&sent_, &in_all, 1, MPI_INT64_T, MPI_SUM, comm_, &counting),
              "MPI_Iallreduce");
        progress_until([&] { return done(counting); });
        progress_until([&] { return received_ >= in_all - sent_ && outbox_->all_arrived(); });
        mpi::barrier(comm_);
        OwnWeightsStrategy<Real>::quiesce();
    }
    /// Rank 0's: the others differ by rounding.
    void weights(std::span<double> out) override {
        OwnWeightsStrategy<Real>::weights(out);
        mpi::broadcast(comm_, 0, out);
    }
    void close() override { check(MPI_Comm_free(&comm_), "MPI_Comm_free"); }

private:
    void send(const typename BatchStep<Real>::Change& change) {
        if (ranks_ == 1) return;
        std::vector<std::byte>* message = nullptr;
        progress_until([&] { return (message = outbox_->free_message()) != nullptr; });
        DeltaMessage::pack(change.exponent, change.documents, change.delta, *message);
        outbox_->send(message);
        ++sent_;
    }

    /// Applies everything that has arrived.
    void receive() {
        for (;;) {
            int found = 0;
            MPI_Message message = MPI_MESSAGE_NULL;
            MPI_Status status;
            check(MPI_Improbe(MPI_ANY_SOURCE, 0, comm_, &found, &message, &status), "MPI_Improbe");
            if (found == 0) return;
            int length = 0;
            check(MPI_Get_count(&status, MPI_BYTE, &length), "MPI_Get_count");
            inbox_.resize(static_cast<std::size_t>(length));
            check(MPI_Mrecv(inbox_.data(), length, MPI_BYTE, &message, MPI_STATUS_IGNORE),
                  "MPI_Mrecv");
            const auto header = DeltaMessage::unpack(inbox_).header;
            DeltaMessage::unpack(inbox_, arrived_);
            this->apply(header.exponent, header.documents, arrived_);
            ++received_;
        }
    }

    /// Waits, receiving all the while: two ranks that wait for each other's receiving go on.
    template <class Condition>
    void progress_until(Condition&& holds) {
        mpi::spin_until([&] {
            receive();
            return holds();
        });
    }

    static bool done(MPI_Request& request) {
        int flag = 0;
        check(MPI_Test(&request, &flag, MPI_STATUS_IGNORE), "MPI_Test");
        return flag != 0;
    }

    MPI_Comm comm_ = MPI_COMM_NULL;
    int ranks_;
    std::int64_t last_;
    std::optional<Outbox> outbox_;
    std::vector<std::byte> inbox_;
    model::SparseDelta arrived_;
    std::int64_t sent_ = 0;      ///< messages, each to all other ranks
    std::int64_t received_ = 0;  ///< messages of other ranks
};

}  // namespace

std::unique_ptr<Strategy> make_asynchronous(Precision precision, const Problem& problem,
                                            const mpi::Communicators& comms) {
    return make_with<Asynchronous>(precision, problem, comms);
}

}  // namespace hogwild::train
