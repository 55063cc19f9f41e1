#pragma once
#include <mpi.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "data/stopwatch.hpp"
#include "mpi/communicators.hpp"
#include "mpi/progress_wait.hpp"
#include "train/context.hpp"
#include "train/exchange/bounded_lead.hpp"
#include "train/exchange/combine_rule.hpp"
#include "train/exchange/consensus.hpp"
#include "train/exchange/exchange_interval.hpp"
#include "train/exchange/format_choice.hpp"
#include "train/exchange/sparse_sum.hpp"
#include "train/meters/document_totals.hpp"
#include "train/meters/meters.hpp"

namespace hogwild::train {

/// Combines the weights of all groups (one per node, or several) while their ranks go on training.
///
/// The leader of a group periodically starts a sum over a copy of its weights (MPI_Iallreduce) or
/// over what has changed in it (SparseSum, see FormatChoice), keeps training while it polls the
/// request (MPI progresses only when called), and then adds the difference between result and copy
/// to the weights, which keeps the changes made meanwhile. The
/// groups need not be equally fast: an exchange starts when the last leader joins it, and no rank
/// waits for that. `sum` is the exception: summed changes overshoot if groups have moved far from
/// the same old weights, so leaders wait for an overdue exchange, and the ranks of a group stay
/// close to each other.
///
/// This class is the state machine; CombineRule computes the combination, and ExchangeInterval
/// plans the time of the next exchange. Unless noted otherwise, only the leader calls these
/// functions.
template <class Real>
class NodeExchange {
public:
    /// @note Collective over comms.world(), here and in close().
    NodeExchange(const TrainingContext& context, const mpi::Communicators& comms,
                 const DocumentTotals& totals);
    NodeExchange(const NodeExchange&) = delete;
    NodeExchange& operator=(const NodeExchange&) = delete;
    void close();
    /// Bytes of shared memory, with Combine::sum. @param ranks  of the group.
    static std::uint64_t bytes(int ranks) { return BoundedLead::bytes(ranks); }

    /// True if there is more than one group.
    bool enabled() const noexcept { return replicas_ > 1; }
    /// True if, in addition, this rank is the leader of its group.
    bool is_leader() const noexcept { return comm_ != MPI_COMM_NULL; }

    /// Call on all ranks before a round of updates.
    /// @param iteration  the next batch of this rank.
    /// @param documents  processed so far by the ranks of this group.
    void begin_round(std::int64_t iteration, std::int64_t documents);
    /// Whether throttle() bounds how far the ranks of a group may be apart.
    bool throttles() const noexcept { return enabled() && rule_.sums(); }
    /// Call on all ranks before batch `iteration`: waits if the slowest rank of the group is too
    /// far behind.
    void throttle(std::int64_t iteration) {
        if (!throttles()) return;
        const double done = share(batches_.documents_before(iteration));
        lead_.store(done);
        if (lead_.exceeds(done)) wait_for_slowest(done);
    }
    /// Call on all ranks after a round of updates. The leader keeps exchanging until all ranks of
    /// its group have called it.
    /// @param under_protection  a function that calls copy_or_apply().
    template <class UnderProtection>
    void end_round(UnderProtection&& under_protection) {
        if (!throttles()) return;
        lead_.store(BoundedLead::kFinished);
        if (!is_leader()) return;
        mpi::timed_progress_until(world_, [&] {
            if (advance()) under_protection();
            extend_limit();
            return lead_.slowest() == BoundedLead::kFinished;
        });
    }
    /// Call every few documents, holding no lock: starts and polls exchanges.
    /// @param documents  that this rank has processed since the last call.
    /// @return whether copy_or_apply() must be called.
    bool progress(std::size_t documents) {
        const auto n = static_cast<std::int64_t>(documents);
        batch_ = std::max(batch_, n);
        documents_ += n;
        if (stage_ == Stage::idle && documents_ < next_) return false;
        return advance();
    }
    /// Reads or updates the shared weights under the strategy's own protection.
    /// @param documents  processed so far by the ranks of this group.
    /// @param weights    as of ExchangeHook.
    template <class Weights>
    void copy_or_apply(std::int64_t documents, Weights& weights) {
        if (stage_ == Stage::to_copy) {
            const CostTimer timer(*this);
            log_decay_ = weights.copy_to(std::span<Real>(sent_));
            begin(documents);
        } else if (stage_ == Stage::to_add) {
            {
                const CostTimer timer(*this);
                finish(documents);
                weights.add(std::span<const Real>(sent_), log_decay_);
            }
            interval_.plan_next(documents, documents_, data::thread_cpu_seconds());
            next_ = own_at_copy_ + interval_.documents();
        }
        extend_limit();
    }

    /// At a boundary, while no rank changes the weights: completes the exchange in progress and
    /// computes the consensus, with the same bits on all nodes. `w` becomes the consensus; with
    /// `elastic` it moves towards it.
    /// @param log_decay  the logarithm of the weight decay that the group's weights have had.
    /// @note Collective over the leaders.
    void settle(std::int64_t documents, std::span<Real> w, double log_decay);
    /// Makes these weights, which are the same on every leader, the consensus.
    void restart(std::span<const double> w, double log_decay);

    /// Replaces `out` by the consensus; leaves `out` as it is if there is one group.
    /// @note Collective over the group.
    void broadcast_consensus(std::span<double> out) const;
    /// None if there is one group; zeros on ranks that are not leaders.
    std::optional<ExchangeMeters> meters() const;

private:
    enum class Stage {
        idle,
        to_copy,    ///< an exchange is due
        copied,     ///< the copy has not been posted yet
        under_way,  ///< the reduction is in progress
        to_add      ///< the result has arrived
    };

    /// Adds the time between construction and destruction to the cost of the exchange.
    class CostTimer {
    public:
        explicit CostTimer(NodeExchange& exchange);
        ~CostTimer();

    private:
        NodeExchange& exchange_;
        data::Stopwatch watch_;
        double cpu_start_;  ///< for planning: wall time includes other processes on the core
    };

    bool advance();
    void poll();
    bool overdue() const;
    void await();
    double share(std::int64_t documents) const noexcept {
        return static_cast<double>(documents) / totals_.own;
    }
    void extend_limit();
    void wait_for_slowest(double done);
    void connect();
    void begin(std::int64_t documents);
    void begin_dense(Real weight);
    void post();
    bool arrived();
    void finish(std::int64_t documents);
    void finish_dense();
    void finish_sparse();
    void participate_until_all_arrive(std::int64_t documents, std::span<Real> w);
    void contribute(std::int64_t documents, std::span<const Real> w);
    void add_result(std::int64_t documents, std::span<Real> w);
    void complete_outstanding(std::int64_t documents, std::span<Real> w);
    void allreduce_consensus(std::int64_t documents, std::span<const Real> w);
    void sum_changes_at_boundary(std::int64_t documents, std::span<const Real> w);

    const BatchSource& batches_;
    CombineRule rule_;
    DocumentTotals totals_;
    ExchangeInterval interval_;
    int replicas_;
    BoundedLead lead_;
    MPI_Comm world_;
    MPI_Comm group_;
    MPI_Comm leaders_;
    MPI_Comm comm_ =
        MPI_COMM_NULL;  ///< of the reductions of training, separate from other collectives
    FormatChoice format_;
    bool bfloat16_;  ///< changes are sent as Bfloat16 during training

    Stage stage_ = Stage::idle;
    std::int64_t documents_ = 0;       ///< of this rank
    std::int64_t batch_ = 0;           ///< largest number of these between calls of progress()
    std::int64_t next_ = 0;            ///< own documents at which the next exchange starts
    std::int64_t own_at_copy_ = 0;     ///< of this rank
    std::int64_t group_at_copy_ = 0;   ///< of the group's ranks
    double log_decay_ = 0.0;           ///< of the weights at the copy
    double boundary_log_decay_ = 0.0;  ///< of the weights at the last boundary
    std::vector<Real> sent_;  ///< the copy; its changes, if only these are sent; the difference
    std::optional<Consensus<Real>> consensus_;  ///< of the last exchange, or boundary; on leaders
    bool is_sparse_ = false;                    ///< the exchange under way
    bool was_dense_ = false;                    ///< an exchange since the last boundary
    // Of a sparse exchange:
    std::optional<SparseSum<Real>> sparse_;
    GroupShare share_;
    // Of a dense one:
    std::vector<Real> message_;  ///< contributions, and the weight of the group; later their sums
    MPI_Request request_ = MPI_REQUEST_NULL;

    std::int64_t exchanges_started_ = 0;
    bool timed_out_ = false;  ///< the wait for the present reduction has timed out
    data::Stopwatch since_posted_;
    double next_poll_ = 0.0;  ///< s after posting
    ExchangeMeters meters_;
};

}  // namespace hogwild::train
