#pragma once
#include <algorithm>
#include <cstring>
#include <vector>

#include "model/accumulator.hpp"
#include "mpi/spin_wait.hpp"
#include "train/engine.hpp"
#include "train/exchange/outbox.hpp"
#include "train/hooks/recorder.hpp"
#include "train/hooks/yield_hook.hpp"
#include "train/sampling/slice_reader.hpp"
#include "train/strategies/downpour_topology.hpp"
#include "train/weights/local_weights.hpp"
#include "train/weights/parameter_shard.hpp"

namespace hogwild::train::downpour {

inline void send_empty(MPI_Comm comm, int to, Tag tag) {
    mpi::check(MPI_Send(nullptr, 0, MPI_BYTE, to, tag, comm), "MPI_Send");
}

/// Waits for a request, and yields the core to ranks that share it.
inline void await(MPI_Request& request) {
    mpi::spin_until([&] {
        int done = 0;
        mpi::check(MPI_Test(&request, &done, MPI_STATUS_IGNORE), "MPI_Test");
        return done != 0;
    });
}

/// A worker, with its copy of the parameters and the changes that it has not pushed yet. It fetches
/// before a batch and pushes after one; between fetches it applies its own changes to the copy.
template <class Real>
class Worker final : public Hook {
public:
    /// @param local  the shard, if this rank is its own server; else nullptr.
    Worker(MPI_Comm comm, const TrainingContext& context, const Topology& topology,
           ParameterShard<Real>* local)
        : comm_(comm),
          context_(context),
          plan_(context.downpour),
          topology_(topology),
          local_(local),
          outbox_(comm),
          w_(context),
          sums_(context.objective.shape.size()),
          servers_(static_cast<std::size_t>(topology.servers)),
          reader_(context.batches),
          engine_(
              reader_, *this, meter_, [this] { return step(); }, context.snapshots) {
        for (const ServerGroup& group : topology.groups(topology.rank))
            groups_.push_back({group, {}});
        if (records(context)) engine_.add(recorder_);
        engine_.add(*this);
        if (context.oversubscribed) engine_.add(yield_);
        if (context.progress_report != nullptr) engine_.add(*context.progress_report);
    }

    /// Trains up to batch `end`, exclusive, and pushes the remaining changes.
    /// @param warm_start  this is the only worker that trains; steps are plain.
    void train(std::int64_t end, bool warm_start) {
        warm_start_ = warm_start;
        engine_.run(std::min(end, context_.batches.batches()));
        push();
    }
    void before(std::int64_t iteration) override {
        if (iteration % plan_.fetch_every == 0) fetch();
    }
    void operator()(const PlainReader::Batch& batch, const Step& step) {
        const model::SparseDelta& change = w_.change_of(batch, step);
        const double step_sum = step.eta * static_cast<double>(batch.size());
        collect(change, step, step_sum, batch.size());
        if (collected_ >= plan_.push_every) push();
        const bool fetches_next = (engine_.iteration() + 1) % plan_.fetch_every == 0;
        if (!fetches_next) w_.apply(step_sum, batch.size(), change);
    }

    /// Sends the collected changes to the servers, to each those of its block.
    void push() {
        if (collected_ == 0) return;
        delta_.clear();
        sums_.drain([&](std::uint32_t u, const auto& sums) { delta_.push(u, sums.gradient); });
        std::vector<std::byte>* message = nullptr;
        mpi::spin_until([&] { return (message = outbox_.free_message()) != nullptr; });
        std::vector<std::size_t> starts;
        for (int s = 0; s < topology_.servers; ++s) {
            starts.push_back(message->size());
            pack_block(s, *message);
        }
        starts.push_back(message->size());
        for (const auto& [group, reply, receiving] : groups_) {
            const std::size_t start = starts[static_cast<std::size_t>(group.first)];
            const std::size_t end = starts[static_cast<std::size_t>(group.end)];
            const auto part = std::span<const std::byte>(*message).subspan(start, end - start);
            if (local_ != nullptr) {
                local_->apply(DeltaMessage::unpack(part));
            } else {
                outbox_.send(message, part, group.gateway, kPush);
                if (group.remote) traffic_.count(part.size());
            }
        }
        pushed_ += collected_;
        collected_ = 0;
        step_sum_ = 0.0;
        documents_ = 0;
    }

    void resume(std::int64_t iteration, std::span<const double> weights) {
        engine_.restart_at(iteration);
        w_.resume(0.0, weights, nullptr);
    }

    /// Tells the servers that this worker pushes no more in this round.
    void finish_round() {
        mpi::spin_until([&] { return outbox_.all_arrived(); });
        if (local_ != nullptr) return;
        for (const GroupView& view : groups_) send_empty(comm_, view.group.gateway, kEnd);
    }

    Meters meters() const {
        Meters meters;
        meters.documents = static_cast<double>(engine_.documents());
        meters.active = static_cast<double>(w_.active());
        return meters;
    }
    const Traffic& traffic() const noexcept { return traffic_; }

private:
    struct ServerView {
        std::int64_t version = 0;          ///< of the block in the last fetch
        std::int64_t version_of_push = 0;  ///< version before the first collected batch
    };
    struct GroupView {
        ServerGroup group;
        std::vector<std::byte> reply;
        MPI_Request receiving = MPI_REQUEST_NULL;
    };

    /// Estimates progress from this rank's documents, since servers do not report those of others.
    Step step() const {
        const auto own =
            static_cast<double>(context_.batches.documents_before(engine_.iteration()));
        return {context_.learning_rate(context_.global_documents_per_local * own), 1.0};
    }

    /// Adds a change to those that will be pushed. With AdaGrad gradients are collected, since the
    /// server chooses the step size.
    void collect(const model::SparseDelta& change, const Step& step, double step_sum,
                 std::size_t documents) {
        if (collected_ == 0) {
            for (ServerView& server : servers_) server.version_of_push = server.version;
            pushed_at_fetch_of_push_ = pushed_at_fetch_;
        }
        const double scale = plan_.adagrad && !warm_start_ ? 1.0 / step.eta : 1.0;
        for (std::size_t k = 0; k < change.index.size(); ++k) {
            sums_.add(change.index[k], scale * change.value[k], 0.0);
        }
        step_sum_ += step_sum;
        documents_ += documents;
        ++collected_;
    }

    void pack_block(int server, std::vector<std::byte>& out) const {
        const data::Range block = topology_.block(server);
        const auto begin = std::ranges::lower_bound(delta_.index, block.begin);
        const auto end = std::ranges::lower_bound(delta_.index, block.end);
        const auto first = static_cast<std::size_t>(begin - delta_.index.begin());
        const auto length = static_cast<std::size_t>(end - begin);
        using Shard = ParameterShard<Real>;
        std::int64_t counts[Shard::kCounts];
        counts[Shard::kFetchedVersion] = servers_[static_cast<std::size_t>(server)].version_of_push;
        counts[Shard::kOwnBatches] = pushed_ - pushed_at_fetch_of_push_;
        counts[Shard::kBatches] = collected_;
        counts[Shard::kPlain] = warm_start_ ? 1 : 0;
        DeltaMessage::pack(step_sum_, documents_, std::span(delta_.value).subspan(first, length),
                           std::span(delta_.index).subspan(first, length), counts, out);
    }

    /// Overwrites the copy with the servers' blocks. What this worker has pushed is in them, since
    /// its messages to a server stay in order.
    void fetch() {
        pushed_at_fetch_ = pushed_;
        if (local_ != nullptr) {
            servers_[0].version = local_->version();
            std::ranges::copy(local_->weights(), w_.span().begin());
            return;
        }
        for (GroupView& view : groups_) ask(view);
        for (GroupView& view : groups_) take(view);
    }
    void ask(GroupView& view) {
        std::size_t bytes = 0;
        for (int s = view.group.first; s < view.group.end; ++s) {
            bytes += sizeof(std::int64_t) + block_bytes(s);
        }
        view.reply.resize(bytes);
        mpi::check(MPI_Irecv(view.reply.data(), static_cast<int>(bytes), MPI_BYTE,
                             view.group.gateway, kWeights, comm_, &view.receiving),
                   "MPI_Irecv");
        send_empty(comm_, view.group.gateway, kFetch);
        if (view.group.remote) traffic_.count(0);
    }
    void take(GroupView& view) {
        await(view.receiving);
        const std::byte* at = view.reply.data();
        for (int s = view.group.first; s < view.group.end; ++s) {
            std::memcpy(&servers_[static_cast<std::size_t>(s)].version, at, sizeof(std::int64_t));
            at += sizeof(std::int64_t);
            const std::size_t bytes = block_bytes(s);
            if (bytes > 0) std::memcpy(w_.span().data() + topology_.block(s).begin, at, bytes);
            at += bytes;
        }
    }
    std::size_t block_bytes(int s) const {
        return static_cast<std::size_t>(topology_.block(s).size()) * sizeof(Real);
    }

    MPI_Comm comm_;
    const TrainingContext& context_;
    const DownpourPlan& plan_;
    const Topology& topology_;
    ParameterShard<Real>* local_;
    Outbox outbox_;
    LocalWeights<Real> w_;  ///< the copy
    model::BatchAccumulator sums_;
    model::SparseDelta delta_;
    double step_sum_ = 0.0;
    std::size_t documents_ = 0;
    bool warm_start_ = false;
    std::int64_t collected_ = 0;  ///< batches not pushed yet
    std::int64_t pushed_ = 0;     ///< batches
    std::int64_t pushed_at_fetch_ = 0;
    std::int64_t pushed_at_fetch_of_push_ = 0;
    std::vector<ServerView> servers_;
    std::vector<GroupView> groups_;
    Traffic traffic_;

    PlainReader reader_;
    NoMeter meter_;
    Engine<PlainReader, Worker> engine_;
    Recorder<LocalWeights<Real>> recorder_{context_, w_};
    YieldHook yield_{context_.oversubscribed};
};

}  // namespace hogwild::train::downpour
