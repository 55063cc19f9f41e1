#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mpi/communicators.hpp"
#include "train/trainer.hpp"

namespace hogwild::train {

/// What the shared memory of a strategy depends on.
struct SharedMemoryPlan {
    Precision precision = Precision::double_;
    model::WeightShape shape;
    std::size_t hot_features = 0;  ///< as in HotHeadPlan
    int ranks = 1;                 ///< that share a window
    bool sums = false;             ///< several windows, combined by Combine::sum
};

/// What the program knows of a strategy without running it. Each strategy's file defines one beside
/// its update, and registry.cpp lists it.
struct StrategyInfo {
    const char* name;       ///< as --strategy has it
    const char* summary;    ///< what happens to a batch, in half a line
    const char* reference;  ///< where it comes from

    /// Its ranks work on weights in shared memory, so that they must be on one node.
    bool shares_memory = false;
    /// It can keep the most frequent features in a copy per rank (HotHeadPlan).
    bool has_hot_head = false;
    /// One step adds up a batch of every rank.
    bool sums_batches = false;
    /// It knows how to spare messages between nodes (TrainingContext::node_aware).
    bool knows_nodes = false;

    /// How many of `ranks` ranks process documents: the first ones.
    int (*workers)(const DownpourPlan& plan, int ranks) = [](const DownpourPlan&, int ranks) {
        return ranks;
    };
    /// Why it cannot run on `ranks` ranks, with what to do; empty: it can.
    std::string (*refusal)(const DownpourPlan& plan, int ranks) = [](const DownpourPlan&, int) {
        return std::string();
    };
    /// The layout in which it reads its documents.
    /// @param writes_only_active  there is no regularizer, or it is aggregated.
    model::TrainingRows::Layout (*row_layout)(const HotHeadPlan& plan, bool writes_only_active,
                                              const model::WeightShape& shape) =
        [](const HotHeadPlan&, bool, const model::WeightShape&) {
            return model::TrainingRows::Layout::plain;
        };
    /// Bytes of shared memory that the ranks of a window need, to be checked before `make`.
    std::uint64_t (*shared_bytes)(const SharedMemoryPlan& plan) = [](const SharedMemoryPlan&) {
        return std::uint64_t{0};
    };
    /// @note Collective over `comms`.
    std::unique_ptr<Trainer> (*make)(Precision precision, const TrainingContext& context,
                                     const mpi::Communicators& comms);
};

/// All strategies, in the order in which they are shown.
std::span<const StrategyInfo* const> strategies();
/// What `train` runs where none is named.
const StrategyInfo& default_strategy();
/// @param name  as --strategy has it. @throws std::invalid_argument.
const StrategyInfo& strategy_info(std::string_view name);
std::vector<std::string> strategy_names();

/// Chooses the type of the weights, once per run.
template <template <class Real> class S>
std::unique_ptr<Trainer> make_with(Precision precision, const TrainingContext& context,
                                   const mpi::Communicators& comms) {
    if (precision == Precision::double_) return std::make_unique<S<double>>(context, comms);
    return std::make_unique<S<float>>(context, comms);
}

}  // namespace hogwild::train
