#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mpi/communicators.hpp"
#include "train/sampling/streamed_batches.hpp"
#include "train/trainer.hpp"

namespace hogwild::train {

/// The settings that determine how much shared memory a strategy needs.
struct SharedMemoryPlan {
    Precision precision = Precision::double_;
    model::WeightShape shape;
    std::size_t head_size = 0;  ///< as in HotHeadPlan
    int ranks = 1;              ///< of a group
    bool sums = false;          ///< several groups, combined by Combine::sum
};

/// A strategy as the program knows it without running it. Each strategy's file defines one beside
/// its update, and registry.cpp lists it.
struct StrategyInfo {
    const char* name;       ///< the value of --strategy
    const char* summary;    ///< what happens to a batch, in a few words
    const char* reference;  ///< the publication

    /// The ranks of a group share one vector of weights in shared memory.
    bool shares_memory = false;
    /// Each rank can keep a copy of the most frequent features (HotHeadPlan).
    bool has_hot_head = false;
    /// It can train several outputs at the same time (TrainingContext::outputs).
    bool trains_matrix = false;
    /// One step sums the batches of all ranks.
    bool sums_batches = false;
    /// It can save messages between nodes (TrainingContext::node_aware).
    bool knows_nodes = false;
    /// It solves the dual of Regularizer::l2: there is no learning rate, and Trainer::certify()
    /// says how far the optimum is.
    bool is_dual = false;

    /// Number of the ranks that process documents: the first ranks.
    int (*workers)(const DownpourPlan& plan, int ranks) = [](const DownpourPlan&, int ranks) {
        return ranks;
    };
    /// Why the strategy cannot run on `ranks` ranks, and what to do; empty: it can.
    std::string (*refusal)(const DownpourPlan& plan, int ranks) = [](const DownpourPlan&, int) {
        return std::string();
    };
    /// The batches of a rank. @param per_epoch  an epoch's, the largest of all ranks.
    std::unique_ptr<BatchSource> (*batches)(const Sampler::Plan& plan, const DualPlan& dual,
                                            std::int64_t per_epoch) =
        [](const Sampler::Plan& plan, const DualPlan&, std::int64_t) { return make_batches(plan); };
    /// The layout in which the strategy reads documents.
    /// @param writes_only_active  there is no regularizer, or it is aggregated.
    model::TrainingRows::Layout (*row_layout)(const HotHeadPlan& plan, bool writes_only_active,
                                              const model::WeightShape& shape) =
        [](const HotHeadPlan&, bool, const model::WeightShape&) {
            return model::TrainingRows::Layout::plain;
        };
    /// Bytes of shared memory that the ranks of a group need, to be checked before `make`.
    std::uint64_t (*shared_bytes)(const SharedMemoryPlan& plan) = [](const SharedMemoryPlan&) {
        return std::uint64_t{0};
    };
    /// @note Collective over `comms`.
    std::unique_ptr<Trainer> (*make)(Precision precision, const TrainingContext& context,
                                     const mpi::Communicators& comms);
};

/// All strategies, in the order in which they are shown.
std::span<const StrategyInfo* const> strategies();
/// The default of --strategy.
const StrategyInfo& default_strategy();
/// @param name  a value of --strategy. @throws std::invalid_argument.
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
