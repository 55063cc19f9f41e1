#include "app/train/checkpointing.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "app/common/run_collectively.hpp"
#include "cli/option_parser.hpp"
#include "io/digest.hpp"
#include "mpi/collectives.hpp"

namespace hogwild::app {
namespace {

constexpr double kIntervalSeconds = 0.5;

/// Rank 0's state on every rank, array by array.
void broadcast_state(mpi::Communicator comm, bool root, data::State& state) {
    data::State lengths;
    for (const auto& [name, values] : state.arrays()) {
        lengths.put(name, static_cast<double>(values.size()));
    }
    lengths = data::State::unpack(mpi::broadcast(comm, 0, lengths.pack()));
    for (const auto& [name, length] : lengths.arrays()) {
        std::vector<double> values;
        if (root) values = state.array(name);
        values.resize(static_cast<std::size_t>(length.front()));
        mpi::broadcast(comm, 0, std::span<double>(values));
        if (!root) state.put(name, std::span<const double>(values));
    }
}

}  // namespace

Checkpointing::Checkpointing(const TrainOptions& options, const StopRequest& stop,
                             const mpi::Communicators& comms)
    : options_(options), stop_(stop), comms_(comms), plan_(checkpoint_plan(options)) {}

void Checkpointing::open(const std::vector<std::string>& digests, model::WeightShape shape) {
    if (!on()) return;
    digests_ = digests;
    next_epoch_ = static_cast<double>(plan_.every_epochs);
    std::optional<io::Checkpoint> found;
    run_collectively_on_root(world(), [&] {
        io::Checkpoint own;
        own.identity = identity();
        own.dataset_digests = digests;
        own.state.put("samples", 0.0);
        store_.emplace(plan_.path, standing_of(own).training, shape);
        found = store_->open(plan_.resume, options_.force);
        if (found) check_same_run(*found, store_->opened());
    });
    share(found);
}

const std::string& Checkpointing::note() const noexcept {
    static const std::string none;
    return store_ ? store_->note() : none;
}

/// The description of the run in its checkpoints. @throws Error: usage if a value cannot be
/// written.
std::vector<std::pair<std::string, std::string>> Checkpointing::identity() const {
    auto all = app::identity(options_);
    for (const auto& [name, value] : all) {
        if (!io::is_one_line(value)) {
            refuse("--" + name + ": a checkpoint cannot hold its control characters");
        }
    }
    all.emplace_back("feature_list", feature_list_);
    all.emplace_back("nodes", std::to_string(comms_.nodes()));
    all.emplace_back("ranks", std::to_string(comms_.size()));
    return all;
}

void Checkpointing::check_same_run(const io::Checkpoint& found, const std::string& path) const {
    const auto refuse_change = [&](const std::string& what, const std::string& then,
                                   const std::string& now) {
        if (then == now) return;
        refuse(path + ": is of a run with " + what + " " + then + ", not " + now +
               "; name another --checkpoint, or remove it");
    };
    const auto now = app::identity(options_);
    const auto then = app::identity(found);
    for (std::size_t k = 0; k < now.size(); ++k) {
        refuse_change("--" + now[k].first, then[k].second, now[k].second);
    }
    refuse_change("training data of digest", found.dataset_digests.front(), digests_.front());
}

void Checkpointing::set_feature_list(const data::FeatureSet& columns) {
    if (!on()) return;
    run_collectively_on_root(world(), [&] {
        io::Digest digest;
        columns.for_each([&](std::uint32_t column) { digest.update(&column, sizeof column); });
        const std::string before = std::exchange(feature_list_, digest.hex());
        if (!resumed_ || before == feature_list_) return;
        throw Error(ExitCode::bad_data,
                    store_->opened() +
                        ": its weights are of other features than those of the "
                        "training data; name another --checkpoint, or remove it");
    });
}

/// Gives every rank what it needs of rank 0's checkpoint: the run's state, and its own; vectors
/// stay where they are until a rank asks for its range.
void Checkpointing::share(std::optional<io::Checkpoint>& found) {
    const bool root = comms_.rank() == 0;
    resumed_ = mpi::broadcast(world(), 0, std::int64_t{found.has_value()}) != 0;
    if (!resumed_) return;
    if (found) {
        feature_list_ = found->identity_of("feature_list");
        exact_ = static_cast<int>(found->ranks.size()) == comms_.size() &&
                 found->state.number("aggregated") == (options_.aggregated() ? 1.0 : 0.0);
        state_ = std::move(found->state);
        vectors_ = std::move(found->vectors);
    }
    broadcast_state(world(), root, state_);
    exact_ = mpi::broadcast(world(), 0, std::int64_t{exact_}) != 0;
    if (!exact_) return;
    std::vector<std::string> packed;
    if (found) {
        for (const data::State& rank : found->ranks) packed.push_back(rank.pack());
    }
    own_ = data::State::unpack(mpi::scatter_text(world(), packed));
}

void Checkpointing::forget_resumed() {
    resumed_ = false;
    state_ = own_ = vectors_ = data::State();
}

Checkpointing::Decision Checkpointing::pause(double epoch) {
    std::int64_t wishes[3] = {};  // why to stop, whether to save, the next interval
    wishes[0] = stop_.reason();
    if (comms_.rank() == 0) {
        const bool epochs = plan_.every_epochs > 0;
        wishes[1] = epochs ? epoch >= next_epoch_ : since_save_.seconds() >= plan_.every_seconds;
        const double grown = static_cast<double>(interval_) *
                             std::clamp(kIntervalSeconds / since_pause_.seconds(), 0.25, 4.0);
        wishes[2] = std::max<std::int64_t>(1, static_cast<std::int64_t>(grown));
    }
    mpi::max_in_place(world(), std::span<std::int64_t>(wishes));
    const auto [reason, save, interval] = wishes;
    interval_ = interval;
    if (save != 0) {
        while (plan_.every_epochs > 0 && epoch >= next_epoch_) {
            next_epoch_ += static_cast<double>(plan_.every_epochs);
        }
    }
    since_pause_ = data::Stopwatch();
    return {StopRequest::name_of(reason), save != 0};
}

void Checkpointing::save(const train::SavedState& saved, const data::State& state,
                         std::span<const data::Range> documents) {
    const data::Stopwatch watch;
    const std::string packed = mpi::gather_text(world(), data::State::pack_all({&saved.own, 1}));
    data::State vectors;
    for (const auto& [name, block] : saved.blocks.arrays()) {
        const std::vector<double> whole = mpi::gather_blocks(world(), block);
        vectors.put(name, std::span<const double>(whole));
    }
    for (const auto& [name, own] : saved.documents.arrays()) {
        const std::vector<double> whole =
            mpi::gather_numbered(world(), data::numbers_in(documents), own);
        vectors.put(name, std::span<const double>(whole));
    }
    run_collectively_on_root(world(), [&] {
        io::Checkpoint checkpoint;
        checkpoint.identity = identity();
        checkpoint.dataset_digests = digests_;
        checkpoint.options = options_.effective_ini();
        checkpoint.state = state;
        checkpoint.state.put_all(saved.common);
        checkpoint.vectors = std::move(vectors);
        checkpoint.ranks = data::State::unpack_all(packed);
        store_->save(checkpoint);
    });
    ++saved_;
    seconds_ += watch.seconds();
    since_save_ = data::Stopwatch();
    since_pause_ = data::Stopwatch();
}

}  // namespace hogwild::app
