#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "app/common/load.hpp"
#include "app/train/train_options.hpp"
#include "data/feature_order.hpp"
#include "data/state.hpp"
#include "model/linear_model.hpp"
#include "mpi/communicators.hpp"
#include "train/hooks/averager.hpp"
#include "train/registry.hpp"
#include "train/sampling/sampler.hpp"

namespace hogwild::app {

/// What a run learns from and how far it goes: the options brought together with the data.
///
/// Rows and model in memory are numbered as `order` says.
class TrainingTask {
public:
    /// @param copies  how often the training rows are held in memory, see TrainingHooks.
    /// All arguments must outlive this.
    TrainingTask(const TrainOptions& options, const mpi::Communicators& comms, std::int64_t copies)
        : options_(options), comms_(comms), copies_(copies) {}
    TrainingTask(const TrainingTask&) = delete;  // the context refers to it
    TrainingTask& operator=(const TrainingTask&) = delete;

    /// Opens the datasets. @throws CollectiveError. @note Collective over comms.world().
    void open();
    /// Copies files to the node if that is wanted, reads this rank's rows and settles everything
    /// that depends on the data.
    /// @throws CollectiveError. @note Collective over comms.world().
    /// @param between_blocks  of reading; may throw to end it.
    void load(const std::function<void()>& between_blocks = {});
    /// For the strategy. @note Collective over comms.world().
    train::TrainingContext context() const;
    /// Of this rank's block of the weights, looked at some times an epoch. Collective likewise.
    train::Averager make_averager() const;

    model::WeightShape shape() const;  ///< of the weights: with the features of the widest dataset
    std::int64_t batch_size() const;   ///< documents per batch of a rank
    /// Where a run that is continued goes on; with another number of ranks, or other batches, where
    /// as many documents have been processed. @param state  of its checkpoint. @note Collective.
    std::int64_t iteration_of(const data::State& state) const;
    /// Weights by the columns of the dataset's files.
    std::vector<double> original(std::span<const double> weights) const {
        return order.undo(weights, model.objective.shape.outputs);
    }
    std::vector<std::string> digests() const;  ///< of all datasets, training first
    const train::StrategyInfo& strategy() const { return *options_.strategy; }

    std::optional<LabelledDataset> source;
    std::vector<LabelledDataset> tests;
    int workers = 1;                ///< ranks that process documents: the first ones
    nlohmann::ordered_json staged;  ///< on rank 0, with --stage: see stage()
    train::HotHeadPlan hot_head_plan;
    data::FeatureOrder order;  ///< of the rows and weights in memory
    TrainingData data;
    /// What is minimised and the weights that were evaluated last, in the numbering of the rows.
    model::LinearModel<data::Numbering::training> model;
    std::unique_ptr<train::BatchSource> batches;
    std::int64_t last_iteration = 0;  ///< of the rank that has most
    std::int64_t evaluate_every = 0;  ///< iterations, >= 1
    double learning_rate = 0.0;
    /// From a run that is continued: what `auto` chose, and --iterations for this number of ranks.
    std::optional<double> restored_learning_rate;
    std::optional<std::int64_t> restored_iterations;

private:
    void check_memory_needed() const;
    void read_feature_counts();
    bool may_have_hot_head() const;
    void choose_hot_head();
    model::TrainingRows::Layout row_layout() const;
    void set_objective();
    void set_sampler();
    void choose_learning_rate();
    std::int64_t batches_per_epoch() const;
    train::DownpourPlan downpour_plan() const;
    mpi::Communicator world() const { return comms_.world(); }

    const TrainOptions& options_;
    const mpi::Communicators& comms_;
    std::int64_t copies_;
    std::vector<std::int64_t> feature_counts_;  ///< during load(), where something depends on them
};

}  // namespace hogwild::app
