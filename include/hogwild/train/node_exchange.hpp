#pragma once
#include <mpi.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "hogwild/model/kernels.hpp"
#include "hogwild/mpi/communicators.hpp"
#include "hogwild/mpi/shared_window.hpp"
#include "hogwild/mpi/spin_wait.hpp"
#include "hogwild/train/document_totals.hpp"
#include "hogwild/train/meters.hpp"
#include "hogwild/train/strategy.hpp"

namespace hogwild::train {

/// Brings the weights of all windows (one a node) together while their ranks go on training.
///
/// Now and then a window's leader copies its weights as they are, hands the copy to a non-blocking
/// sum over all leaders, and goes on with its documents, looking every fraction of a millisecond
/// whether the sum is there: MPI makes progress only when it is called. Then it adds to the
/// weights what the sum differs from the copy, so that what the node has learned meanwhile stays.
/// The nodes need not be equally fast: an exchange begins when the last leader joins it, and
/// nobody waits for that. Except with `sum`: summed changes overshoot where nodes have gone far on
/// the same old weights, so leaders wait for a sum that is overdue, and the ranks of a node stay
/// close to each other.
///
///   mean     w <- the mean of all nodes' weights, by the documents that each has processed
///            (parameter mixing; McDonald, Hall, Mann 2010)
///   sum      w <- the common weights of the last exchange plus all nodes' changes since
///   elastic  w <- w + rate (mean - w) (Zhang, Choromanska, LeCun 2015, arXiv:1412.6651, with the
///            mean itself as the center)
///
/// Calls are for leaders alone where nothing else is said.
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
    static std::uint64_t bytes(int ranks) {
        return mpi::SharedWindow<Pace>::bytes(static_cast<std::size_t>(ranks));
    }

    /// There is more than one window.
    bool on() const noexcept { return windows_ > 1; }
    /// There is, and this rank speaks with the others.
    bool leads() const noexcept { return comm_ != MPI_COMM_NULL; }

    /// For all ranks, before updates, after a pause.
    /// @param iteration  the next one.
    /// @param documents  processed so far by the ranks of this window.
    void start(std::int64_t iteration, std::int64_t documents);
    /// Whether it bounds by how much the ranks of a window may be apart: see keep_pace().
    bool keeps_pace() const noexcept { return on() && sums(); }
    /// For all ranks, before batch `iteration`: waits for ranks of the window that are far behind.
    void keep_pace(std::int64_t iteration) {
        if (!keeps_pace()) return;
        const double done = share(batches_.documents_before(iteration));
        model::store(pace().done, done);
        if (done >= model::load(leaders_pace().limit)) stand(done);
    }
    /// For all ranks, after updates. As long as others of the window are at work, their leader goes
    /// on to speak for them.
    /// @param touch  calls touch().
    template <class Touch>
    void leave(Touch&& touch) {
        if (!keeps_pace()) return;
        model::store(pace().done, kThrough);
        if (!leads()) return;
        mpi::spin_until([&] {
            if (go_on()) touch();
            extend_limit();
            return slowest() == kThrough;
        });
    }
    /// To be called often, outside of locks: begins, looks, and counts this rank's documents.
    /// @return whether touch() is to be called.
    bool progress(std::size_t documents) {
        const auto n = static_cast<std::int64_t>(documents);
        batch_ = std::max(batch_, n);
        documents_ += n;
        if (stage_ == Stage::idle && documents_ < next_) return false;
        return go_on();
    }
    /// Copies the weights, or changes them, in whatever makes that safe.
    /// @param documents  processed so far by the ranks of this window.
    /// @param copy  fills a span with all weights.  @param add  adds a span of differences to them.
    template <class Copy, class Add>
    void touch(std::int64_t documents, Copy&& copy, Add&& add) {
        if (stage_ == Stage::to_copy) {
            const Charge charge(*this);
            copy(std::span<Real>(sent_));
            begin(documents);
        } else if (stage_ == Stage::to_add) {
            {
                const Charge charge(*this);
                finish(documents);
                add(std::span<const Real>(sent_));
            }
            plan_next(documents);
        }
        extend_limit();
    }

    /// At a boundary, where nobody changes the weights: ends what is under way, and sets the common
    /// weights, the same bits on all nodes; `w` takes them; with `elastic` it moves towards them.
    /// @note Collective over the leaders.
    void settle(std::int64_t documents, std::span<Real> w);
    /// All nodes go on from these. @note As settle().
    void restart(std::span<const double> w);

    /// Replaces `out` by the common weights; leaves it with a single window.
    /// @note Collective over comms.world().
    void hand_out_common(std::span<double> out) const;
    /// Nothing with a single window; zeros on ranks that lead none.
    std::optional<ExchangeMeters> meters() const;

private:
    using Clock = std::chrono::steady_clock;
    static constexpr double kThrough = std::numeric_limits<double>::infinity();
    enum class Stage {
        idle,
        to_copy,    ///< it is time
        copied,     ///< the copy is to be handed over
        under_way,  ///< the sum is
        to_add      ///< the sum is there
    };

    /// Of a rank, for the others of its window to see; on a cache line of its own.
    struct alignas(64) Pace {
        double done;   ///< share of its work; kThrough after it
        double limit;  ///< the leader's is for all: nobody goes on from there
    };

    /// Charges the exchange with the time of its own life.
    class Charge {
    public:
        explicit Charge(NodeExchange& exchange);
        ~Charge();

    private:
        NodeExchange& exchange_;
        Clock::time_point start_;
        double cpu_start_;
    };

    bool sums() const noexcept { return plan_.combine == Combine::sum; }
    bool go_on();
    void look();
    bool overdue() const;
    void await();
    double share(std::int64_t documents) const noexcept {
        return static_cast<double>(documents) / work_.own;
    }
    Pace& pace() { return paces_.span()[me_]; }
    Pace& leaders_pace() { return paces_.span().front(); }
    double slowest() const;
    void extend_limit();
    void stand(double done);
    void begin(std::int64_t documents);
    void post();
    void finish(std::int64_t documents);
    void plan_next(std::int64_t documents);
    void keep_sum_stable(std::int64_t documents);
    void serve(std::int64_t documents, std::span<Real> w);
    void contribute(std::int64_t documents, std::span<const Real> w);
    void add_result(std::int64_t documents, std::span<Real> w);
    void catch_up(std::int64_t documents, std::span<Real> w);
    void agree_on_common(std::int64_t documents, std::span<const Real> w);

    const BatchSource& batches_;
    ExchangePlan plan_;
    model::StepSchedule schedule_;
    DocumentTotals work_;
    double training_documents_;
    std::int64_t interval_ = 1;  ///< documents of this rank between beginnings
    int windows_;
    std::size_t me_;                 ///< among the window's ranks
    mpi::SharedWindow<Pace> paces_;  ///< one per rank; with sum
    MPI_Comm world_;
    MPI_Comm leaders_;
    MPI_Comm comm_ = MPI_COMM_NULL;  ///< of the sums: these are in an order of their own

    Stage stage_ = Stage::idle;
    std::int64_t documents_ = 0;    ///< of this rank
    std::int64_t batch_ = 0;        ///< the most of these between calls of progress()
    std::int64_t next_ = 0;         ///< begin when so many
    std::int64_t own_at_copy_ = 0;  ///< of this rank
    std::int64_t all_at_copy_ = 0;  ///< of the window's ranks
    std::vector<Real> sent_;        ///< the copy; later what is to be added
    std::vector<Real> message_;     ///< weighted copy, and its weight; later their sums
    std::vector<double> common_;    ///< of the last exchange (sum), or boundary
    MPI_Request request_ = MPI_REQUEST_NULL;
    std::int64_t begun_ = 0;  ///< exchanges
    bool gave_up_ = false;    ///< waiting for the sum that is under way
    Clock::time_point posted_;
    Clock::time_point look_at_;

    double planned_at_ = 0.0;       ///< seconds of this thread when the last exchange ended
    std::int64_t own_at_plan_ = 0;  ///< documents of this rank then
    double cost_ = 0.0;             ///< seconds that the exchange took since
    double usual_cost_ = 0.0;
    ExchangeMeters meters_;
};

}  // namespace hogwild::train
