#include "hogwild/app/checkpointing.hpp"

#include <algorithm>

#include "hogwild/app/agreement.hpp"
#include "hogwild/app/option_parser.hpp"
#include "hogwild/mpi/collectives.hpp"
#include "hogwild/mpi/error.hpp"

namespace hogwild::app {
namespace {

constexpr double kStretchSeconds = 0.5;

/// What a run that goes on must have in common with the one that was broken.
std::vector<std::pair<std::string, std::string>> identity(const TrainOptions& o) {
    return {{"category", o.category},
            {"loss", o.loss},
            {"regularizer", o.regularizer},
            {"lambda", number_text(o.lambda)},
            {"bias", o.bias},
            {"precision", o.precision},
            {"strategy", o.strategy},
            {"seed", std::to_string(o.seed)},
            {"validation-fraction", number_text(o.validation_fraction)}};
}

std::string pack(const std::vector<data::State>& states) {
    std::string bytes;
    for (const data::State& state : states) {
        const std::string one = state.pack();
        const std::uint64_t size = one.size();
        bytes.append(reinterpret_cast<const char*>(&size), sizeof size);
        bytes += one;
    }
    return bytes;
}

std::vector<data::State> unpack(std::string_view bytes) {
    std::vector<data::State> states;
    while (!bytes.empty()) {
        std::uint64_t size = 0;
        std::copy_n(bytes.data(), sizeof size, reinterpret_cast<char*>(&size));
        states.push_back(data::State::unpack(bytes.substr(sizeof size, size)));
        bytes.remove_prefix(sizeof size + size);
    }
    return states;
}

}  // namespace

Checkpointing::Checkpointing(const TrainOptions& options, const StopRequest& stop,
                             const mpi::Communicators& comms)
    : options_(options), stop_(stop), comms_(comms), plan_(checkpoint_plan(options)) {}

void Checkpointing::open(const std::vector<std::string>& digests) {
    if (!on()) return;
    digests_ = digests;
    next_epoch_ = static_cast<double>(plan_.every_epochs);
    agree_on_root(world(), [&] {
        file_.emplace(plan_.path);
        if (plan_.resume) load(digests);
    });
    share();
}

void Checkpointing::load(const std::vector<std::string>& digests) {
    io::CheckpointFile::Loaded loaded;
    if (!file_->load(loaded)) {
        note_ = plan_.path + ": no checkpoint yet, starting anew";
        return;
    }
    check_same_run(loaded.checkpoint, loaded.path, digests);
    note_ = "resuming from " + loaded.path;
    if (!loaded.skipped.empty()) note_ += " (" + loaded.skipped + ")";
    resumed_ = std::move(loaded.checkpoint);
}

void Checkpointing::check_same_run(const io::Checkpoint& found, const std::string& path,
                                   const std::vector<std::string>& digests) const {
    const auto refuse_change = [&](const std::string& what, const std::string& then,
                                   const std::string& now) {
        if (then == now) return;
        refuse(path + ": is of a run with " + what + " " + then + ", not " + now +
               "; name another --checkpoint, or remove it");
    };
    for (const auto& [name, value] : identity(options_)) {
        refuse_change("--" + name, found.fact(name), value);
    }
    if (found.dataset_digests.empty()) refuse(path + ": does not say which data it is of");
    refuse_change("training data of digest", found.dataset_digests.front(), digests.front());
}

/// Rank 0's checkpoint on every rank; the weights are among its state.
void Checkpointing::share() {
    const std::int64_t there = mpi::broadcast(world(), 0, std::int64_t{resumed_.has_value()});
    if (there == 0) return;
    if (!resumed_) resumed_.emplace();
    std::string facts;
    for (const auto& [name, value] : resumed_->facts) facts += name + "\n" + value + "\n";
    facts = mpi::broadcast(world(), 0, facts);
    const std::string state = mpi::broadcast(world(), 0, resumed_->state.pack());
    const std::string ranks = mpi::broadcast(world(), 0, pack(resumed_->ranks));
    if (comms_.rank() == 0) return;
    resumed_->state = data::State::unpack(state);
    resumed_->ranks = unpack(ranks);
    for (std::size_t at = 0; at < facts.size();) {
        const std::size_t name_end = facts.find('\n', at);
        const std::size_t value_end = facts.find('\n', name_end + 1);
        resumed_->facts.emplace_back(facts.substr(at, name_end - at),
                                     facts.substr(name_end + 1, value_end - name_end - 1));
        at = value_end + 1;
    }
}

Checkpointing::Decision Checkpointing::pause(double epoch) {
    std::int64_t wishes[3] = {};  // why to stop, whether to save, the next stretch
    wishes[0] = stop_.reason();
    if (comms_.rank() == 0) {
        const bool epochs = plan_.every_epochs > 0;
        wishes[1] = epochs ? epoch >= next_epoch_ : since_save_.seconds() >= plan_.every_seconds;
        const double grown = static_cast<double>(stretch_) *
                             std::clamp(kStretchSeconds / since_pause_.seconds(), 0.25, 4.0);
        wishes[2] = std::max<std::int64_t>(1, static_cast<std::int64_t>(grown));
    }
    std::int64_t agreed[3];
    mpi::check(MPI_Allreduce(wishes, agreed, 3, MPI_INT64_T, MPI_MAX, world()), "MPI_Allreduce");
    stretch_ = agreed[2];
    if (agreed[1] != 0) {
        while (plan_.every_epochs > 0 && epoch >= next_epoch_) {
            next_epoch_ += static_cast<double>(plan_.every_epochs);
        }
    }
    since_pause_ = Stopwatch();
    return {StopRequest::name_of(agreed[0]), agreed[1] != 0};
}

void Checkpointing::save(const data::State& own, const data::State& state,
                         std::vector<std::pair<std::string, std::string>> facts) {
    const Stopwatch watch;
    const std::string mine = own.pack();
    mpi::GatheredBytes all;
    mpi::all_gather(world(), std::as_bytes(std::span(mine)), all);
    agree_on_root(world(), [&] {
        io::Checkpoint checkpoint;
        checkpoint.facts = identity(options_);
        std::ranges::move(facts, std::back_inserter(checkpoint.facts));
        checkpoint.dataset_digests = digests_;
        checkpoint.options = options_.effective_ini();
        checkpoint.state = state;
        for (const std::span<const std::byte> part : all.parts()) {
            checkpoint.ranks.push_back(
                data::State::unpack({reinterpret_cast<const char*>(part.data()), part.size()}));
        }
        file_->save(checkpoint);
    });
    ++saved_;
    seconds_ += watch.seconds();
    since_save_ = Stopwatch();
    since_pause_ = Stopwatch();
}

}  // namespace hogwild::app
