#include "train/exchange/node_exchange.hpp"

#include <algorithm>
#include <type_traits>

#include "mpi/collectives.hpp"
#include "mpi/count.hpp"
#include "mpi/error.hpp"
#include "mpi/progress_wait.hpp"

namespace hogwild::train {
namespace {

using mpi::check;

/// Poll interval. MPI progresses only when called. For slow reductions the interval grows with the
/// time elapsed so far.
constexpr double kPollInterval = 100e-6;  // s
constexpr double kPollShare = 16.0;
/// How far a rank may run ahead of the slowest rank of its group: in exchange intervals and, since
/// an exchange takes two or three batches, in batches.
constexpr std::int64_t kLeadIntervals = 2;
constexpr std::int64_t kLeadBatches = 4;
/// Upper bound on one wait, so that circular waits resolve.
constexpr double kLongest = 0.2;  // s
/// Documents added to every node's weight, so that a mean over idle nodes is defined.
constexpr double kNothing = 1e-9;

}  // namespace

template <class Real>
NodeExchange<Real>::NodeExchange(const TrainingContext& context, const mpi::Communicators& comms,
                                 const DocumentTotals& totals)
    : batches_(context.batches),
      rule_(context.exchange),
      totals_(totals),
      interval_(context, totals, comms.replicas()),
      replicas_(comms.replicas()),
      lead_(comms, throttles()),
      world_(comms.world()),
      leaders_(comms.leaders()) {
    if (!enabled()) return;
    if (!comms.is_leader()) return;
    check(MPI_Comm_dup(leaders_, &comm_), "MPI_Comm_dup");
    check(MPI_Comm_set_errhandler(comm_, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
    const std::size_t n = context.objective.shape.size();
    sent_.resize(n);
    message_.resize(n + 1);
    consensus_.resize(n);
    post();  // a first reduction connects the leaders before training
    check(MPI_Wait(&request_, MPI_STATUS_IGNORE), "MPI_Wait");
    stage_ = Stage::idle;
    exchanges_started_ = 0;
    meters_ = {};
}

template <class Real>
void NodeExchange<Real>::close() {
    lead_.close();
    if (comm_ != MPI_COMM_NULL) check(MPI_Comm_free(&comm_), "MPI_Comm_free");
}

template <class Real>
void NodeExchange<Real>::begin_round(std::int64_t iteration, std::int64_t documents) {
    if (throttles()) lead_.store(share(batches_.documents_before(iteration)));
    if (!is_leader()) return;
    documents_ = own_at_copy_ = batches_.documents_before(iteration);
    interval_.begin(documents, documents_, data::thread_cpu_seconds());
    next_ = documents_ + interval_.documents();
    timed_out_ = false;
    extend_limit();
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
    } else if (stage_ == Stage::under_way && since_posted_.seconds() >= next_poll_) {
        const CostTimer timer(*this);
        poll();
    }
    return stage_ == Stage::to_copy || stage_ == Stage::to_add;
}

template <class Real>
void NodeExchange<Real>::poll() {
    int there = 0;
    check(MPI_Test(&request_, &there, MPI_STATUS_IGNORE), "MPI_Test");
    const double now = since_posted_.seconds();
    next_poll_ = now + std::max(kPollInterval, now / kPollShare);
    if (there == 0) return;
    meters_.under_way_seconds += now;
    stage_ = Stage::to_add;
}

/// `sum` only: true if the next exchange is due while the current one is still in progress.
template <class Real>
bool NodeExchange<Real>::overdue() const {
    return rule_.sums() && stage_ == Stage::under_way && !timed_out_ &&
           documents_ - own_at_copy_ >= interval_.documents();
}

template <class Real>
void NodeExchange<Real>::await() {
    const data::Stopwatch watch;
    mpi::spin_until([&] {
        poll();
        return stage_ == Stage::to_add || watch.seconds() > kLongest;
    });
    timed_out_ = stage_ != Stage::to_add;
}

template <class Real>
void NodeExchange<Real>::extend_limit() {
    if (!throttles()) return;
    lead_.extend(share(kLeadIntervals * interval_.documents() + kLeadBatches * batch_));
}

template <class Real>
void NodeExchange<Real>::wait_for_slowest(double done) {
    const data::Stopwatch watch;
    mpi::timed_progress_until(world_, [&] {
        if (is_leader()) {
            if (stage_ == Stage::under_way) poll();
            extend_limit();
        }
        return !lead_.exceeds(done) || watch.seconds() > kLongest;
    });
}

/// Prepares the copy of the weights for the reduction.
template <class Real>
void NodeExchange<Real>::begin(std::int64_t documents) {
    const std::size_t n = sent_.size();
    const auto weight = static_cast<Real>(documents);
    for (std::size_t u = 0; u < n; ++u) {
        message_[u] = rule_.contribution(sent_[u], weight, consensus_[u]);
    }
    message_[n] = weight;
    meters_.interval_documents += static_cast<double>(documents - group_at_copy_);
    group_at_copy_ = documents;
    own_at_copy_ = documents_;
    stage_ = Stage::copied;
}

template <class Real>
void NodeExchange<Real>::post() {
    const MPI_Datatype type = std::is_same_v<Real, float> ? MPI_FLOAT : MPI_DOUBLE;
    check(MPI_Iallreduce(MPI_IN_PLACE, message_.data(), mpi::count_of(message_.size()), type,
                         MPI_SUM, comm_, &request_),
          "MPI_Iallreduce");
    since_posted_ = data::Stopwatch();
    next_poll_ = kPollInterval;
    ++exchanges_started_;
    meters_.bytes += static_cast<double>(message_.size() * sizeof(Real));
    stage_ = Stage::under_way;
}

/// Computes from the result the difference that is added to the weights.
template <class Real>
void NodeExchange<Real>::finish(std::int64_t documents) {
    const std::size_t n = sent_.size();
    for (std::size_t u = 0; u < n; ++u) {
        sent_[u] = rule_.difference(sent_[u], message_[u], message_[n], consensus_[u]);
    }
    const auto meanwhile = static_cast<double>(documents - group_at_copy_);
    timed_out_ = false;
    meters_.exchanges += 1.0;
    meters_.meanwhile_documents += meanwhile;
    meters_.most_meanwhile_documents = std::max(meters_.most_meanwhile_documents, meanwhile);
    stage_ = Stage::idle;
}

template <class Real>
NodeExchange<Real>::CostTimer::CostTimer(NodeExchange& exchange)
    : exchange_(exchange), cpu_start_(data::thread_cpu_seconds()) {}

template <class Real>
NodeExchange<Real>::CostTimer::~CostTimer() {
    exchange_.interval_.add_cost(data::thread_cpu_seconds() - cpu_start_);
    exchange_.meters_.visible_seconds += watch_.seconds();
}

template <class Real>
void NodeExchange<Real>::settle(std::int64_t documents, std::span<Real> w) {
    participate_until_all_arrive(documents, w);
    if (throttles()) lead_.restart();
    const CostTimer timer(*this);
    complete_outstanding(documents, w);
    allreduce_consensus(documents, w);
    for (std::size_t u = 0; u < w.size(); ++u) w[u] = rule_.settled(w[u], consensus_[u]);
}

/// Takes part in the exchanges of leaders that are still training, until all have arrived.
template <class Real>
void NodeExchange<Real>::participate_until_all_arrive(std::int64_t documents, std::span<Real> w) {
    const data::Stopwatch watch;
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
    meters_.waiting_seconds += watch.seconds();
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
        check(MPI_Wait(&request_, MPI_STATUS_IGNORE), "MPI_Wait");  // returns at once if complete
        add_result(documents, w);
    }
    next_ = documents_ + interval_.documents();
}

template <class Real>
void NodeExchange<Real>::allreduce_consensus(std::int64_t documents, std::span<const Real> w) {
    const std::size_t n = w.size();
    const double weight = static_cast<double>(documents) + kNothing;
    std::vector<double> total(n + 1);
    for (std::size_t u = 0; u < n; ++u) {
        total[u] = rule_.contribution(static_cast<double>(w[u]), weight, consensus_[u]);
    }
    total[n] = weight;
    check(MPI_Allreduce(MPI_IN_PLACE, total.data(), static_cast<int>(total.size()), MPI_DOUBLE,
                        MPI_SUM, leaders_),
          "MPI_Allreduce");
    for (std::size_t u = 0; u < n; ++u) {
        consensus_[u] = rule_.consensus(total[u], total[n], consensus_[u]);
    }
    mpi::broadcast(
        leaders_, 0,
        std::span<double>(consensus_));  // the last bits of the sum may differ between ranks
    group_at_copy_ = documents;
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
