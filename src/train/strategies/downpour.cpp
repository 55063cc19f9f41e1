/// Downpour SGD (Dean et al. 2012): the parameters live in blocks on server ranks; each worker has
/// a copy, which it fetches every few batches, and pushes its changes every few batches. No worker
/// waits for another. The weights of the run are those of the servers.
#include <algorithm>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "train/registry.hpp"
#include "train/strategies/downpour_server.hpp"
#include "train/strategies/downpour_worker.hpp"

namespace hogwild::train {
namespace {

using mpi::check;
using namespace downpour;

template <class Real>
class Downpour final : public Trainer {
public:
    Downpour(const TrainingContext& context, const mpi::Communicators& comms)
        : topology_(context, comms),
          adagrad_(context.downpour.adagrad),
          warm_start_batches_(context.downpour.warm_start_batches) {
        check(MPI_Comm_dup(comms.world(), &comm_),
              "MPI_Comm_dup");  // separates its messages from others
        check(MPI_Comm_set_errhandler(comm_, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
        if (topology_.serves()) {
            shard_.emplace(context, topology_.block(topology_.server_of(comms.rank())));
            server_.emplace(comm_, topology_, *shard_);
        }
        if (topology_.works()) {
            worker_.emplace(comm_, context, topology_, topology_.alone ? &*shard_ : nullptr);
        }
    }

    void run(std::int64_t until) override {
        if (!worker_) return server_->serve();
        warm_start();
        worker_->train(until, false);
        worker_->finish_round();
    }

    void quiesce() override {
        if (shard_) shard_->flush();
        mpi::barrier(comm_);
    }
    void weights(std::span<double> out) override {
        for (int s = 0; s < topology_.servers; ++s) {
            const data::Range block = topology_.block(s);
            const std::span<double> part = out.subspan(static_cast<std::size_t>(block.begin),
                                                       static_cast<std::size_t>(block.size()));
            if (topology_.rank == topology_.server_rank(s)) {
                std::ranges::transform(shard_->weights(), part.begin(),
                                       [](Real w) { return static_cast<double>(w); });
            }
            mpi::broadcast(comm_, topology_.server_rank(s), part);
        }
    }
    /// Saves AdaGrad's sums; the weights are the rest of the state.
    void save(SavedState& out) const override {
        if (!adagrad_) return;
        out.blocks.put(kSquares, shard_ ? shard_->squares() : std::span<const double>());
    }
    void resume(std::int64_t iteration, std::span<const double> weights,
                const RestoredState& saved) override {
        warm_ = iteration > 0;
        std::vector<double> squares;
        if (adagrad_) {
            squares = saved.block(kSquares, shard_ ? shard_->block() : data::Range{});
        }
        if (shard_) shard_->resume(weights, std::move(squares));
        if (worker_) worker_->resume(iteration, weights);
    }
    Meters meters() const override {
        Meters meters = worker_ ? worker_->meters() : Meters{};
        meters.staleness = shard_ ? shard_->staleness() : StalenessHistogram{};
        if (topology_.many_nodes)
            meters.traffic = worker_ ? worker_->traffic() : server_->traffic();
        return meters;
    }
    void close() override { check(MPI_Comm_free(&comm_), "MPI_Comm_free"); }

private:
    /// Rank 0 trains alone; the other workers wait for its message.
    void warm_start() {
        if (warm_start_batches_ == 0 || std::exchange(warm_, true)) return;
        if (topology_.rank == 0) {
            worker_->train(warm_start_batches_, true);
            for (int peer = 1; peer < topology_.workers; ++peer) send_empty(comm_, peer, kGo);
            return;
        }
        MPI_Request go = MPI_REQUEST_NULL;
        check(MPI_Irecv(nullptr, 0, MPI_BYTE, 0, kGo, comm_, &go), "MPI_Irecv");
        await(go);
    }

    static constexpr const char* kSquares = "adagrad";

    Topology topology_;
    bool adagrad_;
    std::int64_t warm_start_batches_;
    bool warm_ = false;
    MPI_Comm comm_ = MPI_COMM_NULL;
    std::optional<ParameterShard<Real>> shard_;
    std::optional<Server<Real>> server_;
    std::optional<Worker<Real>> worker_;
};

}  // namespace

extern const StrategyInfo kDownpour{
    .name = "downpour",
    .summary = "blocks of the weights on server ranks, a copy per worker",
    .reference = "Dean et al. 2012",
    .knows_nodes = true,
    .workers = downpour_workers,
    .refusal =
        [](const DownpourPlan& plan, int ranks) {
            return ranks == 1 || plan.servers < ranks
                       ? std::string()
                       : "--servers " + std::to_string(plan.servers) + " leaves none of " +
                             std::to_string(ranks) + " ranks to work; start more ranks";
        },
    .make = make_with<Downpour>};

}  // namespace hogwild::train
