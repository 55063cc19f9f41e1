/// Downpour SGD (Dean et al. 2012): the parameters live in blocks on server ranks; each worker has
/// a copy, which it fetches every few batches, and pushes the changes that it wants every few
/// batches. Nobody waits for another worker. The weights of the run are the servers'.
#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "hogwild/model/accumulator.hpp"
#include "hogwild/mpi/collectives.hpp"
#include "hogwild/mpi/error.hpp"
#include "hogwild/mpi/spin_wait.hpp"
#include "hogwild/train/inbox.hpp"
#include "hogwild/train/outbox.hpp"
#include "parameter_shard.hpp"
#include "strategy_list.hpp"

namespace hogwild::train {
namespace {

using mpi::check;

enum Tag : int {
    kPush,     ///< worker to server: DeltaMessage
    kFetch,    ///< worker to server, empty: asks for the block
    kWeights,  ///< server to worker: version (int64), then the block
    kEnd,      ///< worker to server, empty: no more in this round
    kGo        ///< rank 0 to the other workers, empty: the warm start is over
};

/// Who holds which block, and who works. Servers are the last ranks; a rank alone is both.
struct Layout {
    Layout(const Problem& problem, const mpi::Communicators& comms)
        : n_weights(static_cast<std::int64_t>(problem.objective.n_weights())),
          workers(worker_count("downpour", problem.downpour, comms.size())),
          servers(comms.size() == 1 ? 1 : comms.size() - workers),
          rank(comms.rank()),
          alone(comms.size() == 1) {}

    bool works() const noexcept { return rank < workers; }
    bool serves() const noexcept { return alone || rank >= workers; }
    int server_rank(int server) const noexcept { return alone ? 0 : workers + server; }
    data::Range block(int server) const { return data::equal_part(n_weights, servers, server); }

    std::int64_t n_weights;
    int workers;
    int servers;
    int rank;
    bool alone;
};

void send_empty(MPI_Comm comm, int to, Tag tag) {
    check(MPI_Send(nullptr, 0, MPI_BYTE, to, tag, comm), "MPI_Send");
}

/// Waits without keeping a core that somebody else needs.
void await(MPI_Request& request) {
    mpi::spin_until([&] {
        int done = 0;
        check(MPI_Test(&request, &done, MPI_STATUS_IGNORE), "MPI_Test");
        return done != 0;
    });
}

/// A server: answers until every worker has ended the round.
template <class Real>
class Server {
public:
    Server(MPI_Comm comm, const Layout& layout, ParameterShard<Real>& shard)
        : comm_(comm),
          workers_(layout.workers),
          shard_(shard),
          inbox_(comm, layout.workers + layout.servers),
          replies_(static_cast<std::size_t>(layout.workers)) {}

    void serve() {
        int ended = 0;
        const auto answer = [&](int worker, int tag, std::span<const std::byte> bytes) {
            if (tag == kPush) {
                shard_.apply(DeltaMessage::unpack(bytes));
            } else if (tag == kFetch) {
                reply(worker);
            } else {
                ++ended;
            }
        };
        mpi::spin_until([&] {
            inbox_.poll(answer);
            return ended == workers_;
        });
        for (Reply& reply : replies_) wait(reply);
    }

private:
    struct Reply {
        std::vector<std::byte> bytes;
        MPI_Request sending = MPI_REQUEST_NULL;
    };
    /// Who asks again has received the reply before: one buffer per worker is enough.
    void reply(int worker) {
        Reply& reply = replies_[static_cast<std::size_t>(worker)];
        wait(reply);
        const std::int64_t version = shard_.version();
        const std::span<const Real> w = shard_.weights();
        reply.bytes.resize(sizeof version + w.size_bytes());
        std::memcpy(reply.bytes.data(), &version, sizeof version);
        if (!w.empty()) std::memcpy(reply.bytes.data() + sizeof version, w.data(), w.size_bytes());
        check(MPI_Isend(reply.bytes.data(), static_cast<int>(reply.bytes.size()), MPI_BYTE, worker,
                        kWeights, comm_, &reply.sending),
              "MPI_Isend");
    }
    static void wait(Reply& reply) {
        check(MPI_Wait(&reply.sending, MPI_STATUS_IGNORE), "MPI_Wait");
    }

    MPI_Comm comm_;
    int workers_;
    ParameterShard<Real>& shard_;
    Inbox inbox_;
    std::vector<Reply> replies_;  ///< by worker
};

/// A worker: its copy of the parameters, and the changes that it has not pushed yet.
template <class Real>
class Worker {
public:
    /// @param local  the shard, where this rank is its own server; else nullptr.
    Worker(MPI_Comm comm, const Problem& problem, const Layout& layout, ParameterShard<Real>* local)
        : comm_(comm),
          plan_(problem.downpour),
          layout_(layout),
          local_(local),
          outbox_(comm),
          step_(problem),
          w_(problem.objective.n_weights()),
          adder_(problem, w_.size()),
          decay_(Decay::make_for_copy<Real>(problem, slot_, {0, layout.n_weights})),
          sums_(w_.size()),
          servers_(static_cast<std::size_t>(layout.servers)) {}

    void batch(std::int64_t iteration, bool warm_start) {
        if (iteration % plan_.fetch_every == 0) fetch();
        const auto change = step_.compute(iteration, std::span<const Real>(w_));
        collect(change, plan_.adagrad && !warm_start);
        if (collected_ >= plan_.push_every) push(warm_start);
        if ((iteration + 1) % plan_.fetch_every != 0) {  // else a fetch overwrites it
            decay_.advance(std::span<Real>(w_), change.exponent, change.documents);
            adder_.add(std::span<Real>(w_), change.delta);
        }
    }

    /// Sends what has been collected to the servers, each its block.
    void push(bool warm_start) {
        if (collected_ == 0) return;
        delta_.clear();
        sums_.drain([&](std::uint32_t u, const auto& sums) { delta_.push(u, sums.pull); });
        std::vector<std::byte>* message = nullptr;
        mpi::spin_until([&] { return (message = outbox_.free_message()) != nullptr; });
        std::vector<std::size_t> starts;
        for (int s = 0; s < layout_.servers; ++s) {
            starts.push_back(message->size());
            pack_block(s, warm_start, *message);
        }
        starts.push_back(message->size());
        for (int s = 0; s < layout_.servers; ++s) {
            const auto k = static_cast<std::size_t>(s);
            const auto part =
                std::span<const std::byte>(*message).subspan(starts[k], starts[k + 1] - starts[k]);
            if (local_ != nullptr) {
                local_->apply(DeltaMessage::unpack(part));
            } else {
                outbox_.send(message, part, layout_.server_rank(s), kPush);
            }
        }
        pushed_ += collected_;
        collected_ = 0;
        exponent_ = 0.0;
        documents_ = 0;
    }

    void resume(std::span<const double> weights) {
        std::ranges::transform(weights, w_.begin(), [](double w) { return static_cast<Real>(w); });
        adder_.resume(nullptr);
    }

    void end_round() {
        mpi::spin_until([&] { return outbox_.all_arrived(); });
        if (local_ != nullptr) return;
        for (int s = 0; s < layout_.servers; ++s) send_empty(comm_, layout_.server_rank(s), kEnd);
    }

    Meters meters() const { return step_.meters(); }

private:
    struct ServerView {
        std::vector<std::byte> reply;
        MPI_Request receiving = MPI_REQUEST_NULL;
        std::int64_t version = 0;          ///< of the block as fetched last
        std::int64_t version_of_push = 0;  ///< as it was before the first collected batch
    };

    void collect(const typename BatchStep<Real>::Change& change, bool gradients) {
        if (collected_ == 0) {
            for (ServerView& server : servers_) server.version_of_push = server.version;
            pushed_at_fetch_of_push_ = pushed_at_fetch_;
        }
        const double scale = gradients ? 1.0 / change.eta : 1.0;
        for (std::size_t k = 0; k < change.delta.index.size(); ++k) {
            sums_.add(change.delta.index[k], scale * change.delta.value[k], 0.0);
        }
        exponent_ += change.exponent;
        documents_ += change.documents;
        ++collected_;
    }

    void pack_block(int server, bool warm_start, std::vector<std::byte>& out) const {
        const data::Range block = layout_.block(server);
        const auto begin = std::ranges::lower_bound(delta_.index, block.begin);
        const auto end = std::ranges::lower_bound(delta_.index, block.end);
        const auto first = static_cast<std::size_t>(begin - delta_.index.begin());
        const auto length = static_cast<std::size_t>(end - begin);
        using Shard = ParameterShard<Real>;
        std::int64_t counts[Shard::kCounts];
        counts[Shard::kFetchedVersion] = servers_[static_cast<std::size_t>(server)].version_of_push;
        counts[Shard::kOwnBatches] = pushed_ - pushed_at_fetch_of_push_;
        counts[Shard::kBatches] = collected_;
        counts[Shard::kPlain] = warm_start ? 1 : 0;
        DeltaMessage::pack(exponent_, documents_, std::span(delta_.value).subspan(first, length),
                           std::span(delta_.index).subspan(first, length), counts, out);
    }

    /// Overwrites the copy with the servers' blocks. What this worker has pushed is in them, since
    /// its messages to a server stay in order.
    void fetch() {
        pushed_at_fetch_ = pushed_;
        if (local_ != nullptr) {
            servers_[0].version = local_->version();
            std::ranges::copy(local_->weights(), w_.begin());
            return;
        }
        for (int s = 0; s < layout_.servers; ++s) ask(s);
        for (int s = 0; s < layout_.servers; ++s) take(s);
    }
    void ask(int s) {
        ServerView& server = servers_[static_cast<std::size_t>(s)];
        const auto weights = static_cast<std::size_t>(layout_.block(s).size());
        server.reply.resize(sizeof server.version + weights * sizeof(Real));
        check(MPI_Irecv(server.reply.data(), static_cast<int>(server.reply.size()), MPI_BYTE,
                        layout_.server_rank(s), kWeights, comm_, &server.receiving),
              "MPI_Irecv");
        send_empty(comm_, layout_.server_rank(s), kFetch);
    }
    void take(int s) {
        ServerView& server = servers_[static_cast<std::size_t>(s)];
        await(server.receiving);
        std::memcpy(&server.version, server.reply.data(), sizeof server.version);
        const auto first = static_cast<std::size_t>(layout_.block(s).begin);
        const std::size_t bytes = server.reply.size() - sizeof server.version;
        if (bytes > 0) {
            std::memcpy(w_.data() + first, server.reply.data() + sizeof server.version, bytes);
        }
    }

    MPI_Comm comm_;
    const DownpourPlan& plan_;
    const Layout& layout_;
    ParameterShard<Real>* local_;
    Outbox outbox_;
    BatchStep<Real> step_;
    std::vector<Real> w_;
    WeightAdder<Real> adder_;
    ProgressSlot slot_;
    Decay decay_;  ///< of the copy, between fetches
    model::BatchAccumulator sums_;
    model::SparseDelta delta_;
    double exponent_ = 0.0;
    std::size_t documents_ = 0;
    std::int64_t collected_ = 0;  ///< batches that wait to be pushed
    std::int64_t pushed_ = 0;     ///< batches
    std::int64_t pushed_at_fetch_ = 0;
    std::int64_t pushed_at_fetch_of_push_ = 0;
    std::vector<ServerView> servers_;
};

template <class Real>
class Downpour final : public Strategy {
public:
    Downpour(const Problem& problem, const mpi::Communicators& comms)
        : layout_(problem, comms),
          warm_start_batches_(problem.downpour.warm_start_batches),
          last_(problem.batches.batches()) {
        check(MPI_Comm_dup(comms.world(), &comm_), "MPI_Comm_dup");  // its messages are its own
        check(MPI_Comm_set_errhandler(comm_, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
        if (layout_.serves()) {
            shard_.emplace(problem,
                           layout_.block(layout_.alone ? 0 : comms.rank() - layout_.workers));
            server_.emplace(comm_, layout_, *shard_);
        }
        if (layout_.works()) {
            worker_.emplace(comm_, problem, layout_, layout_.alone ? &*shard_ : nullptr);
        }
    }

    void run(std::int64_t until) override {
        if (!worker_) return server_->serve();
        warm_start();
        for (; iteration_ < std::min(until, last_); ++iteration_) worker_->batch(iteration_, false);
        worker_->push(false);
        worker_->end_round();
    }

    void quiesce() override {
        if (shard_) shard_->flush();
        mpi::barrier(comm_);
    }
    void weights(std::span<double> out) override {
        for (int s = 0; s < layout_.servers; ++s) {
            const data::Range block = layout_.block(s);
            const std::span<double> part = out.subspan(static_cast<std::size_t>(block.begin),
                                                       static_cast<std::size_t>(block.size()));
            if (layout_.rank == layout_.server_rank(s)) {
                std::ranges::transform(shard_->weights(), part.begin(),
                                       [](Real w) { return static_cast<double>(w); });
            }
            mpi::broadcast(comm_, layout_.server_rank(s), part);
        }
    }
    /// AdaGrad's sums; the rest of the state is the weights.
    void save(data::State& own) const override {
        if (shard_) shard_->save(own);
    }
    void resume(std::int64_t iteration, std::span<const double> weights,
                std::span<const data::State> saved) override {
        iteration_ = iteration;
        warm_ = iteration > 0;
        if (shard_) shard_->resume(weights, saved);
        if (worker_) worker_->resume(weights);
    }
    Meters meters() const override {
        Meters meters = worker_ ? worker_->meters() : Meters{};
        meters.staleness = shard_ ? shard_->staleness() : StalenessHistogram{};
        return meters;
    }
    void close() override { check(MPI_Comm_free(&comm_), "MPI_Comm_free"); }

private:
    /// Rank 0 goes ahead alone; the other workers wait for its word.
    void warm_start() {
        if (warm_start_batches_ == 0 || std::exchange(warm_, true)) return;
        if (layout_.rank == 0) {
            const std::int64_t end = std::min(warm_start_batches_, last_);
            for (; iteration_ < end; ++iteration_) worker_->batch(iteration_, true);
            worker_->push(true);
            for (int peer = 1; peer < layout_.workers; ++peer) send_empty(comm_, peer, kGo);
            return;
        }
        MPI_Request go = MPI_REQUEST_NULL;
        check(MPI_Irecv(nullptr, 0, MPI_BYTE, 0, kGo, comm_, &go), "MPI_Irecv");
        await(go);
    }

    Layout layout_;
    std::int64_t warm_start_batches_;
    std::int64_t last_;
    std::int64_t iteration_ = 0;
    bool warm_ = false;
    MPI_Comm comm_ = MPI_COMM_NULL;
    std::optional<ParameterShard<Real>> shard_;
    std::optional<Server<Real>> server_;
    std::optional<Worker<Real>> worker_;
};

}  // namespace

std::unique_ptr<Strategy> make_downpour(Precision precision, const Problem& problem,
                                        const mpi::Communicators& comms) {
    return make_with<Downpour>(precision, problem, comms);
}

}  // namespace hogwild::train
