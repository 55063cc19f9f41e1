#include "train/exchange/node_exchange.hpp"

#include <algorithm>
#include <cmath>
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
      group_(comms.group()),
      leaders_(comms.leaders()),
      format_(context.exchange.format, context.objective.shape.size()),
      bfloat16_(context.exchange.bfloat16) {
    if (!enabled()) return;
    if (!comms.is_leader()) return;
    check(MPI_Comm_dup(leaders_, &comm_), "MPI_Comm_dup");
    check(MPI_Comm_set_errhandler(comm_, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
    const std::size_t n = context.objective.shape.size();
    const WeightBlocks blocks(n, static_cast<std::size_t>(replicas_));
    sent_.resize(n);
    consensus_.emplace(rule_, blocks);
    if (format_.may_be_sparse()) sparse_.emplace(comm_, rule_.sums(), blocks);
    connect();
}

/// Connects the leaders before training.
template <class Real>
void NodeExchange<Real>::connect() {
    if (sparse_) {
        std::vector<int> all(static_cast<std::size_t>(replicas_));
        check(MPI_Alltoall(MPI_IN_PLACE, 0, MPI_INT, all.data(), 1, MPI_INT, comm_),
              "MPI_Alltoall");
        return;
    }
    message_.resize(sent_.size() + 1);
    post();
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
    const bool there = arrived();
    const double now = since_posted_.seconds();
    next_poll_ = now + std::max(kPollInterval, now / kPollShare);
    if (!there) return;
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

/// Whether the result of the exchange is there. Lets MPI progress.
template <class Real>
bool NodeExchange<Real>::arrived() {
    if (is_sparse_) return sparse_->poll();
    int there = 0;
    check(MPI_Test(&request_, &there, MPI_STATUS_IGNORE), "MPI_Test");
    return there != 0;
}

/// Prepares the copy of the weights for the sum.
template <class Real>
void NodeExchange<Real>::begin(std::int64_t documents) {
    is_sparse_ = format_.is_sparse();
    if (is_sparse_) {
        share_ = {static_cast<double>(documents),
                  consensus_->find_changes(sent_, log_decay_, bfloat16_)};
    } else {
        begin_dense(static_cast<Real>(documents));
    }
    meters_.interval_documents += static_cast<double>(documents - group_at_copy_);
    group_at_copy_ = documents;
    own_at_copy_ = documents_;
    stage_ = Stage::copied;
}

template <class Real>
void NodeExchange<Real>::begin_dense(Real weight) {
    const std::size_t n = sent_.size();
    const std::span<const double> consensus = consensus_->values();
    message_.resize(n + 1);
    for (std::size_t u = 0; u < n; ++u) {
        message_[u] = rule_.contribution(sent_[u], weight, consensus[u]);
    }
    message_[n] = weight;
}

template <class Real>
void NodeExchange<Real>::post() {
    if (is_sparse_) {
        sparse_->start(sent_, share_, bfloat16_);
    } else {
        const MPI_Datatype type = std::is_same_v<Real, float> ? MPI_FLOAT : MPI_DOUBLE;
        check(MPI_Iallreduce(MPI_IN_PLACE, message_.data(), mpi::count_of(message_.size()), type,
                             MPI_SUM, comm_, &request_),
              "MPI_Iallreduce");
        meters_.bytes += static_cast<double>(message_.size() * sizeof(Real));
    }
    since_posted_ = data::Stopwatch();
    next_poll_ = kPollInterval;
    ++exchanges_started_;
    stage_ = Stage::under_way;
}

/// Computes from the result the difference that is added to the weights.
template <class Real>
void NodeExchange<Real>::finish(std::int64_t documents) {
    if (is_sparse_) {
        finish_sparse();
    } else {
        finish_dense();
    }
    const auto meanwhile = static_cast<double>(documents - group_at_copy_);
    timed_out_ = false;
    meters_.exchanges += 1.0;
    meters_.meanwhile_documents += meanwhile;
    meters_.most_meanwhile_documents = std::max(meters_.most_meanwhile_documents, meanwhile);
    stage_ = Stage::idle;
}

template <class Real>
void NodeExchange<Real>::finish_dense() {
    const std::size_t n = sent_.size();
    const Real total = message_[n];
    std::vector<double>& consensus = consensus_->values();
    for (std::size_t u = 0; u < n; ++u) {
        const Real w = sent_[u];
        sent_[u] = rule_.difference(w, message_[u], total, consensus[u]);
        // The next exchange may be sparse.
        if (sparse_ && !rule_.sums() && total > 0) consensus[u] = message_[u] / total;
    }
    consensus_->follow(log_decay_);
    was_dense_ = true;
    format_.after_dense();
}

template <class Real>
void NodeExchange<Real>::finish_sparse() {
    format_.after_sparse(sparse_->changed_share());
    // A dense exchange knows no factor between the weights of a group and the consensus.
    consensus_->land(sent_, sparse_->sums(), sparse_->in_sums(), sparse_->totals(),
                     !format_.is_sparse());
    meters_.sparse_exchanges += 1.0;
    meters_.changed_share += sparse_->changed_share();
    meters_.bytes += sparse_->bytes_sent();
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
void NodeExchange<Real>::settle(std::int64_t documents, std::span<Real> w, double log_decay) {
    boundary_log_decay_ = log_decay;
    participate_until_all_arrive(documents, w);
    if (throttles()) lead_.restart();
    const CostTimer timer(*this);
    complete_outstanding(documents, w);
    if (sparse_ && !was_dense_) {
        sum_changes_at_boundary(documents, w);
    } else {
        allreduce_consensus(documents, w);
    }
    was_dense_ = false;
    group_at_copy_ = documents;
    own_at_copy_ = documents_;
    const std::span<const double> consensus = consensus_->values();
    for (std::size_t u = 0; u < w.size(); ++u) w[u] = rule_.settled(w[u], consensus[u]);
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
    log_decay_ = boundary_log_decay_;
    begin(documents);
    post();
}

template <class Real>
void NodeExchange<Real>::add_result(std::int64_t documents, std::span<Real> w) {
    finish(documents);
    const auto decay = static_cast<Real>(std::exp(boundary_log_decay_ - log_decay_));
    for (std::size_t u = 0; u < w.size(); ++u) w[u] += decay * sent_[u];
}

/// Every leader completes its own exchange, and takes part in those that others have started.
template <class Real>
void NodeExchange<Real>::complete_outstanding(std::int64_t documents, std::span<Real> w) {
    const std::int64_t most = mpi::max(leaders_, exchanges_started_);
    while (stage_ != Stage::idle || exchanges_started_ < most) {
        if (stage_ == Stage::idle) contribute(documents, w);
        if (stage_ == Stage::under_way) mpi::spin_until([this] { return arrived(); });
        add_result(documents, w);
    }
    next_ = documents_ + interval_.documents();
}

template <class Real>
void NodeExchange<Real>::allreduce_consensus(std::int64_t documents, std::span<const Real> w) {
    const std::size_t n = w.size();
    const double weight = static_cast<double>(documents) + kNothing;
    std::vector<double>& consensus = consensus_->values();
    std::vector<double> total(n + 1);
    for (std::size_t u = 0; u < n; ++u) {
        total[u] = rule_.contribution(static_cast<double>(w[u]), weight, consensus[u]);
    }
    total[n] = weight;
    check(MPI_Allreduce(MPI_IN_PLACE, total.data(), mpi::count_of(total.size()), MPI_DOUBLE,
                        MPI_SUM, leaders_),
          "MPI_Allreduce");
    for (std::size_t u = 0; u < n; ++u) {
        consensus[u] = rule_.consensus(total[u], total[n], consensus[u]);
    }
    mpi::broadcast(
        leaders_, 0,
        std::span<double>(consensus));  // the last bits of the sum may differ between ranks
    consensus_->follow(boundary_log_decay_);
    meters_.bytes += static_cast<double>(total.size() * sizeof(double));
}

/// All leaders have made the same sparse exchanges since they had the same consensus, so that of
/// one more has the same bits everywhere. Nothing is rounded to Bfloat16: what earlier roundings
/// have left in the weights of a group belongs to this sum.
template <class Real>
void NodeExchange<Real>::sum_changes_at_boundary(std::int64_t documents, std::span<const Real> w) {
    std::ranges::copy(w, sent_.begin());
    share_.weight = static_cast<double>(documents) + kNothing;
    share_.decay = consensus_->find_changes(sent_, boundary_log_decay_, false);
    sparse_->start(sent_, share_, false);
    mpi::spin_until([this] { return sparse_->poll(); });
    consensus_->land(sent_, sparse_->sums(), sparse_->in_sums(), sparse_->totals(), true);
    meters_.bytes += sparse_->bytes_sent();
}

template <class Real>
void NodeExchange<Real>::restart(std::span<const double> w, double log_decay) {
    consensus_->restart(w, log_decay);
    if (sparse_) sparse_->restart();
}

template <class Real>
void NodeExchange<Real>::broadcast_consensus(std::span<double> out) const {
    if (!enabled()) return;
    if (is_leader()) std::ranges::copy(consensus_->stored(), out.begin());
    mpi::broadcast(group_, 0, out);
}

template <class Real>
std::optional<ExchangeMeters> NodeExchange<Real>::meters() const {
    if (!enabled()) return std::nullopt;
    return meters_;
}

template class NodeExchange<float>;
template class NodeExchange<double>;

}  // namespace hogwild::train
