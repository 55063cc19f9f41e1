#include <algorithm>
#include <deque>
#include <optional>

#include "mpi/collectives.hpp"
#include "mpi/error.hpp"
#include "mpi/spin_wait.hpp"
#include "train/exchange/delta_message.hpp"
#include "train/exchange/inbox.hpp"
#include "train/exchange/outbox.hpp"
#include "train/exchange/routes.hpp"
#include "train/exchange/sent_counters.hpp"
#include "train/local_trainer.hpp"
#include "train/meters/document_totals.hpp"

namespace hogwild::train {
namespace {

using mpi::check;

/// Asynchronous message passing (hogwild-python's): every rank has weights of its own; after each
/// batch it sends its change to all others and applies it, and before the next it applies what has
/// arrived. No rank waits for another's batch, except that none gets more than an epoch ahead (see
/// GlobalProgress). At a boundary everything sent has been applied everywhere, so that all ranks
/// hold the same weights to rounding. A message's tag says whose change it is: on its way to
/// another node it may be forwarded (see Routes).
template <class Real>
class Asynchronous final : public LocalUpdate<Real> {
public:
    Asynchronous(const TrainingContext& context, const mpi::Communicators& comms,
                 LocalWeights<Real>& weights)
        : LocalUpdate<Real>(context, comms, weights),
          rank_(comms.rank()),
          last_(batches_of_ranks(context, comms)),
          staleness_bound_(static_cast<double>(context.rows.size()) /
                           DocumentTotals::of(context, comms).own),
          sent_counters_(comms),
          routes_(comms, context.node_aware),
          applied_(static_cast<std::size_t>(comms.size())) {
        check(MPI_Comm_dup(comms.world(), &comm_), "MPI_Comm_dup");  // its messages are its own
        check(MPI_Comm_set_errhandler(comm_, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
        outbox_.emplace(comm_);
        inbox_.emplace(comm_, comms.size());
    }

    void operator()(const PlainReader::Batch& batch, const Step& step) {
        const model::SparseDelta& change = this->w_.change_of(batch, step);
        const double step_sum = step.eta * static_cast<double>(batch.size());
        send(step_sum, batch.size(), change);
        this->w_.apply(step_sum, batch.size(), change);
        ++applied_[me()];
    }

    std::int64_t end_of_round(std::int64_t until) {
        until_ = until;
        return std::min(until, last_[me()]);
    }
    /// Applies what has been sent so far, so that the batch is computed from fresh weights.
    void before(std::int64_t iteration) override {
        constexpr int kMostPolls = 100;  // a sender may be descheduled before it sends
        if (sent_counters_.others_elsewhere()) receive();
        for (int k = 0; k < kMostPolls && outstanding(); ++k) receive();
        if (is_ahead(iteration)) receive_until([&] { return !is_ahead(iteration); });
    }
    /// Every rank learns how many messages there are in all, and receives them.
    void settle(Phase phase) override {
        if (phase != Phase::flush) return;
        const std::int64_t sent = applied_[me()];
        std::int64_t in_all = 0;
        MPI_Request counting = MPI_REQUEST_NULL;
        check(MPI_Iallreduce(&sent, &in_all, 1, MPI_INT64_T, MPI_SUM, comm_, &counting),
              "MPI_Iallreduce");
        receive_until([&] { return done(counting); });
        receive_until([&] { return batches_of_all() == in_all && nothing_to_send(); });
        mpi::barrier(comm_);
    }

    /// When run() has returned, messages may be on their way: what counts are the weights at a
    /// boundary.
    static constexpr bool kKeepsBits = false;
    /// Rank 0's: the others differ by rounding.
    void share(std::span<double> weights) const { mpi::broadcast(comm_, 0, weights); }
    void resume(std::int64_t iteration) {
        start_ = iteration;
        std::ranges::fill(applied_, 0);
    }
    void add_to(Meters& meters) const {
        meters.staleness = staleness_;
        if (routes_.remote() > 0) meters.traffic = traffic_;
    }
    void close() {
        sent_counters_.close();
        check(MPI_Comm_free(&comm_), "MPI_Comm_free");
    }

private:
    std::size_t me() const noexcept { return static_cast<std::size_t>(rank_); }
    std::int64_t batches_of_all() const {
        std::int64_t sum = 0;
        for (const std::int64_t batches : applied_) sum += batches;
        return sum;
    }

    /// Batches of each rank in the whole run.
    static std::vector<std::int64_t> batches_of_ranks(const TrainingContext& context,
                                                      const mpi::Communicators& comms) {
        std::vector<std::int64_t> batches(static_cast<std::size_t>(comms.size()));
        const std::int64_t own = context.batches.batches();
        check(MPI_Allgather(&own, 1, MPI_INT64_T, batches.data(), 1, MPI_INT64_T, comms.world()),
              "MPI_Allgather");
        return batches;
    }
    /// Whether this rank is too far ahead of one that is still on the way to the boundary.
    bool is_ahead(std::int64_t iteration) const {
        const auto share = [this](std::size_t r, std::int64_t batches) {
            return static_cast<double>(batches) / static_cast<double>(last_[r]);
        };
        const double least = share(me(), iteration) - staleness_bound_;
        for (std::size_t r = 0; r < applied_.size(); ++r) {
            const std::int64_t reached = start_ + applied_[r];
            if (reached < std::min(until_, last_[r]) && share(r, reached) < least) return true;
        }
        return false;
    }

    void send(double step_sum, std::size_t documents, const model::SparseDelta& change) {
        if (applied_.size() == 1) return;
        // what the change was computed from: receiving while waiting for a free message adds to it
        seen_.assign(applied_.begin(), applied_.end());
        std::vector<std::byte>* message = nullptr;
        receive_until([&] { return (message = outbox_->free_message()) != nullptr; });
        DeltaMessage::pack(step_sum, documents, change.value, change.index, seen_, *message);
        for (const int peer : routes_.receivers()) outbox_->send(message, *message, peer, rank_);
        sent_counters_.announce();
        traffic_.messages += routes_.remote();
        traffic_.bytes += static_cast<double>(message->size()) * routes_.remote();
    }
    /// Forwards messages, as far as there are free buffers, in the order of arrival, so that every
    /// rank gets another's changes in the order in which it made them.
    void pass_on() {
        while (!to_pass_on_.empty()) {
            std::vector<std::byte>* const message = outbox_->free_message();
            if (message == nullptr) return;
            const Passed& next = to_pass_on_.front();
            message->assign(next.bytes.begin(), next.bytes.end());
            for (const int peer : *next.to) outbox_->send(message, *message, peer, next.origin);
            sent_counters_.announce();
            to_pass_on_.pop_front();
        }
    }
    bool nothing_to_send() { return to_pass_on_.empty() && outbox_->all_arrived(); }

    /// Whether a message is on its way to this rank.
    bool outstanding() const {
        for (int peer = 0; peer < static_cast<int>(applied_.size()); ++peer) {
            if (peer != rank_ && inbox_->begun(peer) < sent_counters_.announced(peer)) return true;
        }
        return false;
    }

    /// Applies everything that has arrived.
    void receive() {
        inbox_->poll([&](int sender, int origin, std::span<const std::byte> bytes) {
            apply_arrived(static_cast<std::size_t>(origin), DeltaMessage::unpack(bytes));
            if (const auto& to = routes_.forward_to(origin, sender); !to.empty()) {
                to_pass_on_.push_back({origin, &to, {bytes.begin(), bytes.end()}});
            }
        });
        pass_on();
    }

    void apply_arrived(std::size_t sender, const DeltaMessage::View& change) {
        staleness_.add(unseen_by_sender(sender, change.counts));
        arrived_.value.assign(change.value.begin(), change.value.end());
        arrived_.index.assign(change.index.begin(), change.index.end());
        this->w_.apply(change.header.exponent, change.header.documents, arrived_);
        ++applied_[sender];
    }

    /// Batches of others that are in our weights, but were not in the sender's when it computed.
    std::int64_t unseen_by_sender(std::size_t sender, std::span<const std::int64_t> seen) const {
        std::int64_t unseen = 0;
        for (std::size_t r = 0; r < applied_.size(); ++r) {
            if (r != sender) unseen += std::max<std::int64_t>(0, applied_[r] - seen[r]);
        }
        return unseen;
    }

    /// Waits, receiving all the while: two ranks that wait for each other's receiving go on.
    template <class Condition>
    void receive_until(Condition&& holds) {
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

    struct Passed {
        int origin;
        const std::vector<int>* to;
        std::vector<std::byte> bytes;
    };

    MPI_Comm comm_ = MPI_COMM_NULL;
    int rank_;
    std::vector<std::int64_t> last_;  ///< batches of each rank in the whole run
    double staleness_bound_;          ///< an epoch, as a share of the run
    std::int64_t until_ = 0;          ///< the boundary that the round goes to
    std::int64_t start_ = 0;          ///< the iteration from which `applied_` counts
    SentCounters sent_counters_;
    Routes routes_;
    std::deque<Passed> to_pass_on_;
    Traffic traffic_;
    std::optional<Outbox> outbox_;
    std::optional<Inbox> inbox_;
    std::vector<std::int64_t> applied_;  ///< batches of each rank that are in our weights
    std::vector<std::int64_t> seen_;
    model::SparseDelta arrived_;
    StalenessHistogram staleness_;
};

}  // namespace

extern const StrategyInfo kAsynchronous{
    .name = "asynchronous",
    .summary = "a copy per rank, each change sent to all others",
    .reference = "seed paper, section II.C",
    .knows_nodes = true,
    .shared_bytes = [](const SharedMemoryPlan& plan) { return SentCounters::bytes(plan.ranks); },
    .make = make_local_trainer<Asynchronous>};

}  // namespace hogwild::train
