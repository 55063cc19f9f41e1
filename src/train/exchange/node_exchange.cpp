#include "train/exchange/node_exchange.hpp"

#include <algorithm>
#include <ctime>
#include <type_traits>

#include "mpi/collectives.hpp"
#include "mpi/error.hpp"
#include "mpi/progress_wait.hpp"

namespace hogwild::train {
namespace {

using mpi::check;

/// Poll interval. MPI progresses only when called. For slow reductions the interval grows with the
/// time elapsed so far.
constexpr std::chrono::microseconds kPollInterval{100};
constexpr int kPollShare = 16;
/// `auto`: largest fraction of the leader's time spent on exchanges.
constexpr double kMaxOverhead = 0.035;
constexpr std::int64_t kFirst = 8;  ///< exchanges per epoch until the first cost measurement
/// `sum` with `auto`: upper bound on nodes * learning rate * documents between exchanges. Larger
/// values overshoot; at 2 the bias, which every document changes, still oscillates by 0.2 on RCV1.
constexpr double kStableStep = 0.5;
constexpr double kFewest = 64.0;  ///< documents of a node between exchanges, at least
/// How far a rank may run ahead of the slowest rank of its window: in exchange intervals and, since
/// an exchange takes two or three batches, in batches.
constexpr std::int64_t kLeadIntervals = 2;
constexpr std::int64_t kLeadBatches = 4;
/// Upper bound on one wait, so that circular waits resolve.
constexpr std::chrono::milliseconds kLongest{200};
/// Documents added to every node's weight, so that a mean over idle nodes is defined.
constexpr double kNothing = 1e-9;

double seconds(std::chrono::steady_clock::duration duration) {
    return std::chrono::duration<double>(duration).count();
}

/// Thread CPU time. Used for planning, since wall time includes other processes on the core.
double cpu_seconds() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

}  // namespace

template <class Real>
NodeExchange<Real>::NodeExchange(const TrainingContext& context, const mpi::Communicators& comms,
                                 const DocumentTotals& work)
    : batches_(context.batches),
      plan_(context.exchange),
      schedule_(context.schedule),
      work_(work),
      training_documents_(static_cast<double>(context.training_documents)),
      windows_(comms.windows()),
      me_(static_cast<std::size_t>(comms.node_rank())),
      world_(comms.world()),
      leaders_(comms.leaders()) {
    if (!enabled()) return;
    if (sums()) {
        paces_ = mpi::SharedWindow<RankProgress>(comms.node(),
                                                 static_cast<std::size_t>(comms.node_size()));
    }
    if (!comms.leads()) return;
    check(MPI_Comm_dup(leaders_, &comm_), "MPI_Comm_dup");
    check(MPI_Comm_set_errhandler(comm_, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
    const std::size_t n = context.objective.n_weights();
    sent_.resize(n);
    message_.resize(n + 1);
    consensus_.resize(n);
    interval_ = context.rows.size() / kFirst;
    if (plan_.every) {
        interval_ =
            static_cast<std::int64_t>(static_cast<double>(*plan_.every) * work.own / work.all);
    }
    interval_ = std::max<std::int64_t>(1, interval_);
    post();  // once for nothing: the leaders connect before it counts
    check(MPI_Wait(&request_, MPI_STATUS_IGNORE), "MPI_Wait");
    stage_ = Stage::idle;
    exchanges_started_ = 0;
    meters_ = {};
}

template <class Real>
void NodeExchange<Real>::close() {
    paces_.close();
    if (comm_ != MPI_COMM_NULL) check(MPI_Comm_free(&comm_), "MPI_Comm_free");
}

template <class Real>
void NodeExchange<Real>::start(std::int64_t iteration, std::int64_t documents) {
    if (enabled() && sums()) model::store(pace().done, share(batches_.documents_before(iteration)));
    if (!is_leader()) return;
    documents_ = own_at_plan_ = own_at_copy_ = batches_.documents_before(iteration);
    planned_at_ = cpu_seconds();
    cost_ = 0.0;
    keep_sum_stable(documents);
    next_ = documents_ + interval_;
    timed_out_ = false;
    extend_limit();
}

/// Summing the changes of N nodes multiplies the step by N: limits the interval so that the sum
/// does not overshoot.
template <class Real>
void NodeExchange<Real>::keep_sum_stable(std::int64_t documents) {
    if (plan_.every || !sums()) return;
    const double of_all = work_.all / work_.node * static_cast<double>(documents);
    const double eta = schedule_.at(of_all, of_all / training_documents_);
    const double node = std::max(kFewest, kStableStep / (eta * windows_));
    interval_ = std::max<std::int64_t>(1, static_cast<std::int64_t>(node * work_.own / work_.node));
}

template <class Real>
bool NodeExchange<Real>::advance() {
    if (stage_ == Stage::idle) {
        stage_ = Stage::to_copy;
    } else if (stage_ == Stage::copied) {
        const CostTimer timer(*this);
        post();
    } else if (overdue()) {
        const CostTimer timer(*this);
        await();
    } else if (stage_ == Stage::under_way && Clock::now() >= poll_at_) {
        const CostTimer timer(*this);
        poll();
    }
    return stage_ == Stage::to_copy || stage_ == Stage::to_add;
}

template <class Real>
void NodeExchange<Real>::poll() {
    int there = 0;
    check(MPI_Test(&request_, &there, MPI_STATUS_IGNORE), "MPI_Test");
    const Clock::time_point now = Clock::now();
    poll_at_ = now + std::max<Clock::duration>(kPollInterval, (now - posted_) / kPollShare);
    if (there == 0) return;
    meters_.under_way_seconds += seconds(now - posted_);
    stage_ = Stage::to_add;
}

/// `sum` only: true if the next exchange is due while the current one is still in progress.
template <class Real>
bool NodeExchange<Real>::overdue() const {
    return sums() && stage_ == Stage::under_way && !timed_out_ &&
           documents_ - own_at_copy_ >= interval_;
}

template <class Real>
void NodeExchange<Real>::await() {
    const Clock::time_point start = Clock::now();
    mpi::spin_until([&] {
        poll();
        return stage_ == Stage::to_add || Clock::now() - start > kLongest;
    });
    timed_out_ = stage_ != Stage::to_add;
}

template <class Real>
double NodeExchange<Real>::slowest() const {
    double least = kFinished;
    for (const RankProgress& p : paces_.span()) least = std::min(least, model::load(p.done));
    return least;
}

/// Every rank may go as far beyond the slowest rank as the next sum needs. The leader also does the
/// exchange: without a limit the other ranks would finish their documents long before it, and the
/// last and smallest steps would be those of the leaders' documents alone.
template <class Real>
void NodeExchange<Real>::extend_limit() {
    if (!sums()) return;
    const std::int64_t lead = kLeadIntervals * interval_ + kLeadBatches * batch_;
    model::store(leaders_pace().limit, slowest() + share(lead));
}

template <class Real>
void NodeExchange<Real>::wait_for_slowest(double done) {
    const Clock::time_point start = Clock::now();
    mpi::timed_progress_until(world_, [&] {
        if (is_leader()) {
            if (stage_ == Stage::under_way) poll();
            extend_limit();
        }
        return done < model::load(leaders_pace().limit) || Clock::now() - start > kLongest;
    });
}

/// Prepares the copy for the reduction.
template <class Real>
void NodeExchange<Real>::begin(std::int64_t documents) {
    const std::size_t n = sent_.size();
    const auto weight = static_cast<Real>(documents);
    for (std::size_t u = 0; u < n; ++u) {
        message_[u] = sums() ? static_cast<Real>(static_cast<double>(sent_[u]) - consensus_[u])
                             : weight * sent_[u];
    }
    message_[n] = weight;
    meters_.interval_documents += static_cast<double>(documents - all_at_copy_);
    all_at_copy_ = documents;
    own_at_copy_ = documents_;
    stage_ = Stage::copied;
}

template <class Real>
void NodeExchange<Real>::post() {
    const MPI_Datatype type = std::is_same_v<Real, float> ? MPI_FLOAT : MPI_DOUBLE;
    check(MPI_Iallreduce(MPI_IN_PLACE, message_.data(), static_cast<int>(message_.size()), type,
                         MPI_SUM, comm_, &request_),
          "MPI_Iallreduce");
    posted_ = Clock::now();
    poll_at_ = posted_ + kPollInterval;
    ++exchanges_started_;
    meters_.bytes += static_cast<double>(message_.size() * sizeof(Real));
    stage_ = Stage::under_way;
}

/// Turns the result into what is added to the weights.
template <class Real>
void NodeExchange<Real>::finish(std::int64_t documents) {
    const std::size_t n = sent_.size();
    const Real weight = message_[n];
    const auto rate = static_cast<Real>(plan_.combine == Combine::elastic ? plan_.elastic_rate : 1);
    for (std::size_t u = 0; u < n; ++u) {
        if (sums()) {
            consensus_[u] += static_cast<double>(message_[u]);
            sent_[u] = static_cast<Real>(consensus_[u] - static_cast<double>(sent_[u]));
        } else {
            sent_[u] = weight > 0 ? rate * (message_[u] / weight - sent_[u]) : Real{0};
        }
    }
    const auto meanwhile = static_cast<double>(documents - all_at_copy_);
    timed_out_ = false;
    meters_.exchanges += 1.0;
    meters_.meanwhile_documents += meanwhile;
    meters_.most_meanwhile_documents = std::max(meters_.most_meanwhile_documents, meanwhile);
    stage_ = Stage::idle;
}

/// After an exchange: plans when the next one starts.
template <class Real>
void NodeExchange<Real>::plan_next(std::int64_t documents) {
    const double now = cpu_seconds();
    const double elapsed = now - planned_at_;
    const auto own = static_cast<double>(documents_ - own_at_plan_);
    usual_cost_ = usual_cost_ > 0.0 ? 0.5 * (usual_cost_ + cost_) : cost_;
    if (!plan_.every && elapsed > 0.0 && own > 0.0) {
        const auto now_every = static_cast<double>(interval_);
        const double wanted = usual_cost_ / kMaxOverhead * own / elapsed;
        interval_ =
            1 + static_cast<std::int64_t>(std::clamp(wanted, 0.25 * now_every, 4.0 * now_every));
    }
    keep_sum_stable(documents);
    next_ = own_at_copy_ + interval_;
    cost_ = 0.0;
    planned_at_ = now;
    own_at_plan_ = documents_;
}

template <class Real>
NodeExchange<Real>::CostTimer::CostTimer(NodeExchange& exchange)
    : exchange_(exchange), start_(Clock::now()), cpu_start_(cpu_seconds()) {}

template <class Real>
NodeExchange<Real>::CostTimer::~CostTimer() {
    exchange_.cost_ += cpu_seconds() - cpu_start_;
    exchange_.meters_.visible_seconds += seconds(Clock::now() - start_);
}

template <class Real>
void NodeExchange<Real>::settle(std::int64_t documents, std::span<Real> w) {
    participate_until_all_arrive(documents, w);
    for (RankProgress& p : paces_.span())
        model::store(p.done, 0.0);  // who starts late is waited for
    const CostTimer timer(*this);
    complete_outstanding(documents, w);
    allreduce_consensus(documents, w);
    const double rate = plan_.combine == Combine::elastic ? plan_.elastic_rate : 1.0;
    for (std::size_t u = 0; u < w.size(); ++u) {
        const auto own = static_cast<double>(w[u]);
        w[u] = static_cast<Real>(rate == 1.0 ? consensus_[u] : own + rate * (consensus_[u] - own));
    }
}

/// Takes part in the exchanges of leaders that are still training, until all have arrived.
template <class Real>
void NodeExchange<Real>::participate_until_all_arrive(std::int64_t documents, std::span<Real> w) {
    const Clock::time_point start = Clock::now();
    MPI_Request all_here = MPI_REQUEST_NULL;
    check(MPI_Ibarrier(leaders_, &all_here), "MPI_Ibarrier");
    if (stage_ == Stage::to_copy) stage_ = Stage::idle;
    if (stage_ == Stage::copied) post();
    mpi::spin_until([&] {
        int done = 0;
        check(MPI_Test(&all_here, &done, MPI_STATUS_IGNORE), "MPI_Test");
        if (done != 0) return true;
        if (stage_ == Stage::idle) contribute(documents, w);
        if (stage_ == Stage::under_way) poll();
        if (stage_ == Stage::to_add) add_result(documents, w);
        return false;
    });
    meters_.waiting_seconds += seconds(Clock::now() - start);
}

template <class Real>
void NodeExchange<Real>::contribute(std::int64_t documents, std::span<const Real> w) {
    std::ranges::copy(w, sent_.begin());
    begin(documents);
    post();
}

template <class Real>
void NodeExchange<Real>::add_result(std::int64_t documents, std::span<Real> w) {
    finish(documents);
    for (std::size_t u = 0; u < w.size(); ++u) w[u] += sent_[u];
}

/// Every leader completes its own exchange, and takes part in those that others have started.
template <class Real>
void NodeExchange<Real>::complete_outstanding(std::int64_t documents, std::span<Real> w) {
    const std::int64_t most = mpi::max(leaders_, exchanges_started_);
    while (stage_ != Stage::idle || exchanges_started_ < most) {
        if (stage_ == Stage::idle) contribute(documents, w);
        check(MPI_Wait(&request_, MPI_STATUS_IGNORE), "MPI_Wait");  // at once where it was there
        add_result(documents, w);
    }
    next_ = documents_ + interval_;
}

template <class Real>
void NodeExchange<Real>::allreduce_consensus(std::int64_t documents, std::span<const Real> w) {
    const std::size_t n = w.size();
    const double weight = static_cast<double>(documents) + kNothing;
    std::vector<double> total(n + 1);
    for (std::size_t u = 0; u < n; ++u) {
        const auto own = static_cast<double>(w[u]);
        total[u] = sums() ? own - consensus_[u] : weight * own;
    }
    total[n] = weight;
    check(MPI_Allreduce(MPI_IN_PLACE, total.data(), static_cast<int>(total.size()), MPI_DOUBLE,
                        MPI_SUM, leaders_),
          "MPI_Allreduce");
    for (std::size_t u = 0; u < n; ++u) {
        consensus_[u] = sums() ? consensus_[u] + total[u] : total[u] / total[n];
    }
    mpi::broadcast(leaders_, 0,
                   std::span<double>(consensus_));  // a sum may differ in its last bits
    all_at_copy_ = documents;
    own_at_copy_ = documents_;
    meters_.bytes += static_cast<double>(total.size() * sizeof(double));
}

template <class Real>
void NodeExchange<Real>::restart(std::span<const double> w) {
    std::ranges::copy(w, consensus_.begin());
}

template <class Real>
void NodeExchange<Real>::broadcast_consensus(std::span<double> out) const {
    if (!enabled()) return;
    if (is_leader()) std::ranges::copy(consensus_, out.begin());
    mpi::broadcast(world_, 0, out);
}

template <class Real>
std::optional<ExchangeMeters> NodeExchange<Real>::meters() const {
    if (!enabled()) return std::nullopt;
    return meters_;
}

template class NodeExchange<float>;
template class NodeExchange<double>;

}  // namespace hogwild::train
