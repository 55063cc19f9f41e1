#pragma once
#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "model/accumulator.hpp"
#include "mpi/spin_wait.hpp"
#include "train/batch_step.hpp"
#include "train/exchange/outbox.hpp"
#include "train/regularization/shared_weight_decay.hpp"
#include "train/strategies/downpour_layout.hpp"
#include "train/weights/parameter_shard.hpp"

namespace hogwild::train::downpour {

inline void send_empty(MPI_Comm comm, int to, Tag tag) {
    mpi::check(MPI_Send(nullptr, 0, MPI_BYTE, to, tag, comm), "MPI_Send");
}

/// Waits without keeping a core that somebody else needs.
inline void await(MPI_Request& request) {
    mpi::spin_until([&] {
        int done = 0;
        mpi::check(MPI_Test(&request, &done, MPI_STATUS_IGNORE), "MPI_Test");
        return done != 0;
    });
}

/// A worker: its copy of the parameters, and the changes that it has not pushed yet.
template <class Real>
class Worker {
public:
    /// @param local  the shard, where this rank is its own server; else nullptr.
    Worker(MPI_Comm comm, const TrainingContext& context, const Layout& layout,
           ParameterShard<Real>* local)
        : comm_(comm),
          context_(context),
          plan_(context.downpour),
          layout_(layout),
          local_(local),
          outbox_(comm),
          step_(context),
          w_(context.objective.n_weights()),
          adder_(context, w_.size()),
          decay_(SharedWeightDecay::make_for_copy<Real>(context, slot_, {0, layout.n_weights})),
          sums_(w_.size()),
          servers_(static_cast<std::size_t>(layout.servers)) {
        for (const Group& group : layout.groups(layout.rank)) groups_.push_back({group, {}});
    }

    void batch(std::int64_t iteration, bool warm_start) {
        if (iteration % plan_.fetch_every == 0) fetch();
        const auto own = static_cast<double>(context_.batches.documents_before(iteration));
        const auto change =
            step_.compute(iteration, std::span<const Real>(w_), context_.documents_scale * own);
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
        for (const auto& [group, reply, receiving] : groups_) {
            const std::size_t start = starts[static_cast<std::size_t>(group.first)];
            const std::size_t end = starts[static_cast<std::size_t>(group.end)];
            const auto part = std::span<const std::byte>(*message).subspan(start, end - start);
            if (local_ != nullptr) {
                local_->apply(DeltaMessage::unpack(part));
            } else {
                outbox_.send(message, part, group.gate, kPush);
                if (group.distant) traffic_.count(part.size());
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
        for (const GroupView& view : groups_) send_empty(comm_, view.group.gate, kEnd);
    }

    Meters meters() const { return step_.meters(); }
    const Traffic& traffic() const noexcept { return traffic_; }

private:
    struct ServerView {
        std::int64_t version = 0;          ///< of the block as fetched last
        std::int64_t version_of_push = 0;  ///< as it was before the first collected batch
    };
    struct GroupView {
        Group group;
        std::vector<std::byte> reply;
        MPI_Request receiving = MPI_REQUEST_NULL;
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
        for (GroupView& view : groups_) ask(view);
        for (GroupView& view : groups_) take(view);
    }
    void ask(GroupView& view) {
        std::size_t bytes = 0;
        for (int s = view.group.first; s < view.group.end; ++s) {
            bytes += sizeof(std::int64_t) + block_bytes(s);
        }
        view.reply.resize(bytes);
        mpi::check(MPI_Irecv(view.reply.data(), static_cast<int>(bytes), MPI_BYTE, view.group.gate,
                             kWeights, comm_, &view.receiving),
                   "MPI_Irecv");
        send_empty(comm_, view.group.gate, kFetch);
        if (view.group.distant) traffic_.count(0);
    }
    void take(GroupView& view) {
        await(view.receiving);
        const std::byte* at = view.reply.data();
        for (int s = view.group.first; s < view.group.end; ++s) {
            std::memcpy(&servers_[static_cast<std::size_t>(s)].version, at, sizeof(std::int64_t));
            at += sizeof(std::int64_t);
            const std::size_t bytes = block_bytes(s);
            if (bytes > 0) std::memcpy(w_.data() + layout_.block(s).begin, at, bytes);
            at += bytes;
        }
    }
    std::size_t block_bytes(int s) const {
        return static_cast<std::size_t>(layout_.block(s).size()) * sizeof(Real);
    }

    MPI_Comm comm_;
    const TrainingContext& context_;
    const DownpourPlan& plan_;
    const Layout& layout_;
    ParameterShard<Real>* local_;
    Outbox outbox_;
    BatchStep<Real> step_;
    std::vector<Real> w_;
    CompensatedAdder<Real> adder_;
    ProgressSlot slot_;
    SharedWeightDecay decay_;  ///< of the copy, between fetches
    model::BatchAccumulator sums_;
    model::SparseDelta delta_;
    double exponent_ = 0.0;
    std::size_t documents_ = 0;
    std::int64_t collected_ = 0;  ///< batches that wait to be pushed
    std::int64_t pushed_ = 0;     ///< batches
    std::int64_t pushed_at_fetch_ = 0;
    std::int64_t pushed_at_fetch_of_push_ = 0;
    std::vector<ServerView> servers_;
    std::vector<GroupView> groups_;
    Traffic traffic_;
};

}  // namespace hogwild::train::downpour
