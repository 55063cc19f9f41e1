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

/// Asynchronous message passing (as in hogwild-python): every rank has its own copy of the weights.
/// After each batch it sends its change to all other ranks and applies it; before the next batch it
/// applies the changes that have arrived. No rank waits for the batch of another, except that none
/// may be more than an epoch ahead (see GlobalProgress). At a boundary every change has been
/// applied on all ranks, so that their weights are equal up to rounding. The tag of a message is
/// the rank whose change it is, since another rank may forward it (see Routes).
template <class Real>
class Asynchronous final : public LocalUpdate<Real> {
public:
    Asynchronous(const TrainingContext& context, const mpi::Communicators& comms,
                 LocalWeights<Real>& weights)
        : LocalUpdate<Real>(context, comms, weights),
          rank_(comms.rank()),
          last_(batches_of_ranks(context, comms)),
          staleness_bound_(static_cast<double>(context.own_documents().size()) /
                           DocumentTotals::of(context, comms).own),
          sent_counters_(comms),
          routes_(comms, context.node_aware),
          applied_(static_cast<std::size_t>(comms.size())) {
        check(MPI_Comm_dup(comms.world(), &comm_),
              "MPI_Comm_dup");  // separates its messages from others
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
    /// Applies the changes that have been sent so far, so that the batch is computed from new
    /// weights.
    void before(std::int64_t iteration) override {
        constexpr int kMostPolls = 100;  // a sender may be descheduled before it sends
        if (sent_counters_.others_elsewhere()) receive();
        for (int k = 0; k < kMostPolls && outstanding(); ++k) receive();
        if (is_ahead(iteration)) receive_until([&] { return !is_ahead(iteration); });
    }
    /// Determines the number of messages of all ranks, and receives them.
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

    /// False, since messages may be in transit when run() returns.
    static constexpr bool kKeepsBits = false;
    /// Takes the weights of rank 0; those of other ranks differ by rounding.
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
    /// Whether this rank is too far ahead of a rank that has not reached the boundary.
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
        // the weights from which the change was computed; receiving below changes applied_
        seen_.assign(applied_.begin(), applied_.end());
        std::vector<std::byte>* message = nullptr;
        receive_until([&] { return (message = outbox_->free_message()) != nullptr; });
        DeltaMessage::pack(step_sum, documents, change.value, change.index, seen_, *message);
        for (const int peer : routes_.receivers()) outbox_->send(message, *message, peer, rank_);
        sent_counters_.announce();
        traffic_.messages += routes_.remote();
        traffic_.bytes += static_cast<double>(message->size()) * routes_.remote();
    }
    /// Forwards messages in the order of arrival, as long as there are free buffers. The order
    /// keeps the changes of each rank in the order in which they were made.
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

    /// Whether a message to this rank is in transit.
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
        this->w_.apply(change.header.step_sum, change.header.documents, arrived_);
        ++applied_[sender];
    }

    /// Batches of other ranks that are in this rank's weights, but were not in the sender's when it
    /// computed its change.
    std::int64_t unseen_by_sender(std::size_t sender, std::span<const std::int64_t> seen) const {
        std::int64_t unseen = 0;
        for (std::size_t r = 0; r < applied_.size(); ++r) {
            if (r != sender) unseen += std::max<std::int64_t>(0, applied_[r] - seen[r]);
        }
        return unseen;
    }

    /// Receives until the condition holds, so that two ranks that wait for each other do not block.
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
    std::int64_t until_ = 0;          ///< end of the present round
    std::int64_t start_ = 0;          ///< the iteration from which `applied_` counts
    SentCounters sent_counters_;
    Routes routes_;
    std::deque<Passed> to_pass_on_;
    Traffic traffic_;
    std::optional<Outbox> outbox_;
    std::optional<Inbox> inbox_;
    std::vector<std::int64_t> applied_;  ///< batches of each rank that are in this rank's weights
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
