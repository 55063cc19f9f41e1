#include "hogwild/train/node_exchange.hpp"

#include <algorithm>
#include <ctime>
#include <type_traits>

#include "hogwild/mpi/collectives.hpp"
#include "hogwild/mpi/error.hpp"
#include "hogwild/mpi/progress_wait.hpp"

namespace hogwild::train {
namespace {

using mpi::check;

/// Between looks, which MPI needs to make progress; for a sum that takes long, a part of what it
/// has taken so far.
constexpr std::chrono::microseconds kLook{100};
constexpr int kMoreLooks = 16;
constexpr double kVisible = 0.035;  ///< share of the time that an exchange by `auto` may take away
constexpr std::int64_t kFirst = 8;  ///< exchanges an epoch, until it is known what one costs
/// Of a sum by `auto`: documents of a node between exchanges, times nodes and learning rate. With 2
/// nothing overshoots on RCV1, but the bias, which every document moves, swings by +-.2.
constexpr double kStableStep = 0.5;
constexpr double kFewest = 64.0;  ///< of these documents
/// By which a rank may be ahead of the slowest of its window: intervals and, as an exchange takes
/// two or three of them, batches.
constexpr std::int64_t kLeadIntervals = 2;
constexpr std::int64_t kLeadBatches = 4;
/// Nobody waits longer for another rank, which may itself wait for something else.
constexpr std::chrono::milliseconds kLongest{200};
constexpr double kNothing = 1e-9;  ///< documents: where no node has any, all count the same

double seconds(std::chrono::steady_clock::duration duration) {
    return std::chrono::duration<double>(duration).count();
}

/// Of this thread: what counts for planning, as others that use the core are not to blame.
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
    if (!on()) return;
    if (sums()) {
        paces_ = mpi::SharedWindow<Pace>(comms.node(), static_cast<std::size_t>(comms.node_size()));
    }
    if (!comms.leads()) return;
    check(MPI_Comm_dup(leaders_, &comm_), "MPI_Comm_dup");
    check(MPI_Comm_set_errhandler(comm_, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
    const std::size_t n = context.objective.n_weights();
    sent_.resize(n);
    message_.resize(n + 1);
    common_.resize(n);
    interval_ = context.rows.size() / kFirst;
    if (plan_.every) {
        interval_ =
            static_cast<std::int64_t>(static_cast<double>(*plan_.every) * work.own / work.all);
    }
    interval_ = std::max<std::int64_t>(1, interval_);
    post();  // once for nothing: the leaders connect before it counts
    check(MPI_Wait(&request_, MPI_STATUS_IGNORE), "MPI_Wait");
    stage_ = Stage::idle;
    begun_ = 0;
    meters_ = {};
}

template <class Real>
void NodeExchange<Real>::close() {
    paces_.close();
    if (comm_ != MPI_COMM_NULL) check(MPI_Comm_free(&comm_), "MPI_Comm_free");
}

template <class Real>
void NodeExchange<Real>::start(std::int64_t iteration, std::int64_t documents) {
    if (on() && sums()) model::store(pace().done, share(batches_.documents_before(iteration)));
    if (!leads()) return;
    documents_ = own_at_plan_ = own_at_copy_ = batches_.documents_before(iteration);
    planned_at_ = cpu_seconds();
    cost_ = 0.0;
    keep_sum_stable(documents);
    next_ = documents_ + interval_;
    gave_up_ = false;
    extend_limit();
}

/// Nodes that have each gone a way towards the minimum are together beyond it when the way was
/// long, which grows with the learning rate.
template <class Real>
void NodeExchange<Real>::keep_sum_stable(std::int64_t documents) {
    if (plan_.every || !sums()) return;
    const double of_all = work_.all / work_.node * static_cast<double>(documents);
    const double eta = schedule_.at(of_all, of_all / training_documents_);
    const double node = std::max(kFewest, kStableStep / (eta * windows_));
    interval_ = std::max<std::int64_t>(1, static_cast<std::int64_t>(node * work_.own / work_.node));
}

template <class Real>
bool NodeExchange<Real>::go_on() {
    if (stage_ == Stage::idle) {
        stage_ = Stage::to_copy;
    } else if (stage_ == Stage::copied) {
        const Charge charge(*this);
        post();
    } else if (overdue()) {
        const Charge charge(*this);
        await();
    } else if (stage_ == Stage::under_way && Clock::now() >= look_at_) {
        const Charge charge(*this);
        look();
    }
    return stage_ == Stage::to_copy || stage_ == Stage::to_add;
}

template <class Real>
void NodeExchange<Real>::look() {
    int there = 0;
    check(MPI_Test(&request_, &there, MPI_STATUS_IGNORE), "MPI_Test");
    const Clock::time_point now = Clock::now();
    look_at_ = now + std::max<Clock::duration>(kLook, (now - posted_) / kMoreLooks);
    if (there == 0) return;
    meters_.under_way_seconds += seconds(now - posted_);
    stage_ = Stage::to_add;
}

/// A sum is, when the next should begin.
template <class Real>
bool NodeExchange<Real>::overdue() const {
    return sums() && stage_ == Stage::under_way && !gave_up_ &&
           documents_ - own_at_copy_ >= interval_;
}

template <class Real>
void NodeExchange<Real>::await() {
    const Clock::time_point start = Clock::now();
    mpi::spin_until([&] {
        look();
        return stage_ == Stage::to_add || Clock::now() - start > kLongest;
    });
    gave_up_ = stage_ != Stage::to_add;
}

template <class Real>
double NodeExchange<Real>::slowest() const {
    double least = kThrough;
    for (const Pace& p : paces_.span()) least = std::min(least, model::load(p.done));
    return least;
}

/// All may go as far beyond the slowest as the next sum needs. A leader has the exchange to do
/// besides: without a limit the others would be through with their documents long before it, and
/// the last and smallest steps would belong to the leaders' documents alone.
template <class Real>
void NodeExchange<Real>::extend_limit() {
    if (!sums()) return;
    const std::int64_t lead = kLeadIntervals * interval_ + kLeadBatches * batch_;
    model::store(leaders_pace().limit, slowest() + share(lead));
}

template <class Real>
void NodeExchange<Real>::stand(double done) {
    const Clock::time_point start = Clock::now();
    mpi::timed_progress_until(world_, [&] {
        if (leads()) {
            if (stage_ == Stage::under_way) look();
            extend_limit();
        }
        return done < model::load(leaders_pace().limit) || Clock::now() - start > kLongest;
    });
}

/// With the copy taken: makes it ready to be summed.
template <class Real>
void NodeExchange<Real>::begin(std::int64_t documents) {
    const std::size_t n = sent_.size();
    const auto weight = static_cast<Real>(documents);
    for (std::size_t u = 0; u < n; ++u) {
        message_[u] = sums() ? static_cast<Real>(static_cast<double>(sent_[u]) - common_[u])
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
    look_at_ = posted_ + kLook;
    ++begun_;
    meters_.bytes += static_cast<double>(message_.size() * sizeof(Real));
    stage_ = Stage::under_way;
}

/// With the sum there: makes of it what is to be added to the weights.
template <class Real>
void NodeExchange<Real>::finish(std::int64_t documents) {
    const std::size_t n = sent_.size();
    const Real weight = message_[n];
    const auto rate = static_cast<Real>(plan_.combine == Combine::elastic ? plan_.elastic_rate : 1);
    for (std::size_t u = 0; u < n; ++u) {
        if (sums()) {
            common_[u] += static_cast<double>(message_[u]);
            sent_[u] = static_cast<Real>(common_[u] - static_cast<double>(sent_[u]));
        } else {
            sent_[u] = weight > 0 ? rate * (message_[u] / weight - sent_[u]) : Real{0};
        }
    }
    const auto meanwhile = static_cast<double>(documents - all_at_copy_);
    gave_up_ = false;
    meters_.exchanges += 1.0;
    meters_.meanwhile_documents += meanwhile;
    meters_.most_meanwhile_documents = std::max(meters_.most_meanwhile_documents, meanwhile);
    stage_ = Stage::idle;
}

/// After an exchange: when to begin the next.
template <class Real>
void NodeExchange<Real>::plan_next(std::int64_t documents) {
    const double now = cpu_seconds();
    const double elapsed = now - planned_at_;
    const auto own = static_cast<double>(documents_ - own_at_plan_);
    usual_cost_ = usual_cost_ > 0.0 ? 0.5 * (usual_cost_ + cost_) : cost_;
    if (!plan_.every && elapsed > 0.0 && own > 0.0) {
        const auto now_every = static_cast<double>(interval_);
        const double wanted = usual_cost_ / kVisible * own / elapsed;
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
NodeExchange<Real>::Charge::Charge(NodeExchange& exchange)
    : exchange_(exchange), start_(Clock::now()), cpu_start_(cpu_seconds()) {}

template <class Real>
NodeExchange<Real>::Charge::~Charge() {
    exchange_.cost_ += cpu_seconds() - cpu_start_;
    exchange_.meters_.visible_seconds += seconds(Clock::now() - start_);
}

template <class Real>
void NodeExchange<Real>::settle(std::int64_t documents, std::span<Real> w) {
    serve(documents, w);
    for (Pace& p : paces_.span()) model::store(p.done, 0.0);  // who starts late is waited for
    const Charge charge(*this);
    catch_up(documents, w);
    agree_on_common(documents, w);
    const double rate = plan_.combine == Combine::elastic ? plan_.elastic_rate : 1.0;
    for (std::size_t u = 0; u < w.size(); ++u) {
        const auto own = static_cast<double>(w[u]);
        w[u] = static_cast<Real>(rate == 1.0 ? common_[u] : own + rate * (common_[u] - own));
    }
}

/// Takes part in what leaders that are still training begin, until all are here.
template <class Real>
void NodeExchange<Real>::serve(std::int64_t documents, std::span<Real> w) {
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
        if (stage_ == Stage::under_way) look();
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

/// Every leader ends what it has begun, and takes part in what others have begun.
template <class Real>
void NodeExchange<Real>::catch_up(std::int64_t documents, std::span<Real> w) {
    const std::int64_t most = mpi::max(leaders_, begun_);
    while (stage_ != Stage::idle || begun_ < most) {
        if (stage_ == Stage::idle) contribute(documents, w);
        check(MPI_Wait(&request_, MPI_STATUS_IGNORE), "MPI_Wait");  // at once where it was there
        add_result(documents, w);
    }
    next_ = documents_ + interval_;
}

template <class Real>
void NodeExchange<Real>::agree_on_common(std::int64_t documents, std::span<const Real> w) {
    const std::size_t n = w.size();
    const double weight = static_cast<double>(documents) + kNothing;
    std::vector<double> total(n + 1);
    for (std::size_t u = 0; u < n; ++u) {
        const auto own = static_cast<double>(w[u]);
        total[u] = sums() ? own - common_[u] : weight * own;
    }
    total[n] = weight;
    check(MPI_Allreduce(MPI_IN_PLACE, total.data(), static_cast<int>(total.size()), MPI_DOUBLE,
                        MPI_SUM, leaders_),
          "MPI_Allreduce");
    for (std::size_t u = 0; u < n; ++u) {
        common_[u] = sums() ? common_[u] + total[u] : total[u] / total[n];
    }
    mpi::broadcast(leaders_, 0, std::span<double>(common_));  // a sum may differ in its last bits
    all_at_copy_ = documents;
    own_at_copy_ = documents_;
    meters_.bytes += static_cast<double>(total.size() * sizeof(double));
}

template <class Real>
void NodeExchange<Real>::restart(std::span<const double> w) {
    std::ranges::copy(w, common_.begin());
}

template <class Real>
void NodeExchange<Real>::hand_out_common(std::span<double> out) const {
    if (!on()) return;
    if (leads()) std::ranges::copy(common_, out.begin());
    mpi::broadcast(world_, 0, out);
}

template <class Real>
std::optional<ExchangeMeters> NodeExchange<Real>::meters() const {
    if (!on()) return std::nullopt;
    return meters_;
}

template class NodeExchange<float>;
template class NodeExchange<double>;

}  // namespace hogwild::train
