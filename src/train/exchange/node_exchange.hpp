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
#include "train/exchange/exchange_interval.hpp"
#include "train/meters/document_totals.hpp"
#include "train/meters/meters.hpp"

namespace hogwild::train {

/// Combines the weights of all windows (one per node) while their ranks go on training.
///
/// The leader of a window periodically starts an MPI_Iallreduce on a copy of its weights, keeps
/// training while it polls the request (MPI progresses only when called), and then adds the
/// difference between result and copy to the weights, which keeps the changes made meanwhile. The
/// nodes need not be equally fast: an exchange starts when the last leader joins it, and no rank
/// waits for that. `sum` is the exception: summed changes overshoot if nodes have moved far from
/// the same old weights, so leaders wait for an overdue exchange, and the ranks of a node stay
/// close to each other.
///
/// Here is the state machine; CombineRule says what the nodes make of their weights, and
/// ExchangeInterval when. Unless noted otherwise, only the leader calls these functions.
template <class Real>
class NodeExchange {
public:
    /// @note Collective over comms.world(), here and in close().
    NodeExchange(const TrainingContext& context, const mpi::Communicators& comms,
                 const DocumentTotals& work);
    NodeExchange(const NodeExchange&) = delete;
    NodeExchange& operator=(const NodeExchange&) = delete;
    void close();
    /// Of shared memory, with Combine::sum. @param ranks  that share it.
    static std::uint64_t bytes(int ranks) { return BoundedLead::bytes(ranks); }

    /// True if there is more than one window.
    bool enabled() const noexcept { return replicas_ > 1; }
    /// True if, besides, this rank is its window's leader.
    bool is_leader() const noexcept { return comm_ != MPI_COMM_NULL; }

    /// Call on all ranks before a round of updates.
    /// @param iteration  the next batch of this rank.
    /// @param documents  processed so far by the ranks of this window.
    void start(std::int64_t iteration, std::int64_t documents);
    /// Whether throttle() bounds how far the ranks of a window may be apart.
    bool throttles() const noexcept { return enabled() && rule_.sums(); }
    /// Call on all ranks before batch `iteration`: waits if the slowest rank of the window is too
    /// far behind.
    void throttle(std::int64_t iteration) {
        if (!throttles()) return;
        const double done = share(batches_.documents_before(iteration));
        lead_.store(done);
        if (lead_.exceeds(done)) wait_for_slowest(done);
    }
    /// Call on all ranks after a round of updates. The leader keeps exchanging until all ranks of
    /// its window have called it.
    /// @param under_protection  calls copy_or_apply().
    template <class UnderProtection>
    void leave(UnderProtection&& under_protection) {
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
    /// @param documents  processed so far by the ranks of this window.
    /// @param copy  fills a span with all weights.  @param add  adds a span of differences to them.
    template <class Copy, class Add>
    void copy_or_apply(std::int64_t documents, Copy&& copy, Add&& add) {
        if (stage_ == Stage::to_copy) {
            const CostTimer timer(*this);
            copy(std::span<Real>(sent_));
            begin(documents);
        } else if (stage_ == Stage::to_add) {
            {
                const CostTimer timer(*this);
                finish(documents);
                add(std::span<const Real>(sent_));
            }
            interval_.plan_next(documents, documents_, data::thread_cpu_seconds());
            next_ = own_at_copy_ + interval_.documents();
        }
        extend_limit();
    }

    /// At a boundary, while no rank changes the weights: completes the exchange in progress and
    /// computes the consensus, with the same bits on all nodes. `w` becomes the consensus; with
    /// `elastic` it moves towards it.
    /// @note Collective over the leaders.
    void settle(std::int64_t documents, std::span<Real> w);
    /// All nodes continue from these weights, the same on every leader.
    void restart(std::span<const double> w);

    /// Replaces `out` by the consensus; leaves `out` as it is if there is one window.
    /// @note Collective over comms.world().
    void broadcast_consensus(std::span<double> out) const;
    /// None if there is one window; zeros on ranks that are not leaders.
    std::optional<ExchangeMeters> meters() const;

private:
    enum class Stage {
        idle,
        to_copy,    ///< an exchange is due
        copied,     ///< the copy has not been posted yet
        under_way,  ///< the reduction is in progress
        to_add      ///< the result has arrived
    };

    /// Adds the time of its own life to the cost of the exchange.
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
        return static_cast<double>(documents) / work_.own;
    }
    void extend_limit();
    void wait_for_slowest(double done);
    void begin(std::int64_t documents);
    void post();
    void finish(std::int64_t documents);
    void participate_until_all_arrive(std::int64_t documents, std::span<Real> w);
    void contribute(std::int64_t documents, std::span<const Real> w);
    void add_result(std::int64_t documents, std::span<Real> w);
    void complete_outstanding(std::int64_t documents, std::span<Real> w);
    void allreduce_consensus(std::int64_t documents, std::span<const Real> w);

    const BatchSource& batches_;
    CombineRule rule_;
    DocumentTotals work_;
    ExchangeInterval interval_;
    int replicas_;
    BoundedLead lead_;
    MPI_Comm world_;
    MPI_Comm leaders_;
    MPI_Comm comm_ = MPI_COMM_NULL;  ///< of the sums: these are in an order of their own

    Stage stage_ = Stage::idle;
    std::int64_t documents_ = 0;     ///< of this rank
    std::int64_t batch_ = 0;         ///< the most of these between calls of progress()
    std::int64_t next_ = 0;          ///< own documents at which the next exchange starts
    std::int64_t own_at_copy_ = 0;   ///< of this rank
    std::int64_t all_at_copy_ = 0;   ///< of the window's ranks
    std::vector<Real> sent_;         ///< the copy; later what is to be added
    std::vector<Real> message_;      ///< weighted copy, and its weight; later their sums
    std::vector<double> consensus_;  ///< of the last exchange (sum), or boundary
    MPI_Request request_ = MPI_REQUEST_NULL;
    std::int64_t exchanges_started_ = 0;  ///< exchanges
    bool timed_out_ = false;              ///< waiting for the sum that is under way
    data::Stopwatch since_posted_;
    double next_poll_ = 0.0;  ///< s after posting
    ExchangeMeters meters_;
};

}  // namespace hogwild::train
