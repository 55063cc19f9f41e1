#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "app/common/block_reader.hpp"
#include "app/common/load.hpp"
#include "app/train/category_settings.hpp"
#include "app/train/initial_model.hpp"
#include "app/train/output_labels.hpp"
#include "app/train/text_datasets.hpp"
#include "app/train/train_options.hpp"
#include "data/feature_counts.hpp"
#include "data/feature_order.hpp"
#include "data/idf.hpp"
#include "data/state.hpp"
#include "model/linear_model.hpp"
#include "model/ranking.hpp"
#include "mpi/communicators.hpp"
#include "train/hooks/averager.hpp"
#include "train/one_by_one.hpp"
#include "train/registry.hpp"
#include "train/sampling/sampler.hpp"
#include "train/weights/hot_head.hpp"

namespace hogwild::app {

/// The data of a run and the settings that depend on them. Rows and model in memory are in the
/// numbering of `order`.
class TrainingTask {
public:
    /// @param copies  how often the training rows are held in memory, see TrainingHooks.
    /// All arguments must outlive this.
    TrainingTask(const TrainOptions& options, const mpi::Communicators& comms, std::int64_t copies)
        : texts(comms, options.quiet), options_(options), comms_(comms), copies_(copies) {}
    TrainingTask(const TrainingTask&) = delete;  // the context refers to it
    TrainingTask& operator=(const TrainingTask&) = delete;

    /// Opens the datasets and reads which features occur in the training set. A model that the
    /// run starts from, `initial`, is set after that and before load().
    /// @throws CollectiveError. @note Collective over comms.world().
    void open();
    /// Copies files to the node with --stage, reads this rank's rows, and chooses all settings that
    /// depend on the data.
    /// @throws CollectiveError. @note Collective over comms.world().
    /// @param between_blocks  called between blocks of reading; may throw to stop.
    void load(const std::function<void()>& between_blocks = {});
    /// The context for the strategy. @note Collective over comms.world().
    train::TrainingContext context() const;
    /// Makes what trains all outputs. @param context  what context() has returned; must outlive
    /// the trainer. @note Collective over comms.world().
    std::unique_ptr<train::Trainer> make_trainer(const train::TrainingContext& context);
    /// How many of several lambdas to train as columns, in order, at least one: as long as weight
    /// matrices fit into the last-level caches of the host and all weights into half of its memory.
    /// After open(). @param most  that there are.
    /// @param ranks_on_host  all that need memory, those of other runs included.
    /// @throws CollectiveError. @note Collective over comms.world().
    std::size_t lambdas_that_fit(std::size_t most, int ranks_on_host) const;
    /// Divides the weights of all columns, inputs x outputs x lambdas, among the runs.
    /// @param by_lambda  receives inputs x outputs of each.
    void divide_columns(std::span<const double> columns,
                        std::vector<std::vector<double>>& by_lambda) const;
    /// Makes the model that of lambdas[k], to be evaluated. @param weights  of that run; afterwards
    /// those that the model had before.
    void swap_run(std::size_t k, std::vector<double>& weights);
    /// What the trainer trains: the model's objective or, with `lambdas`, that of all columns.
    const model::Objective& trained_objective() const;
    /// Bytes of shared memory that the ranks of a group need.
    std::uint64_t shared_bytes() const;
    /// The averager of this rank's block of the weights. @note Collective over comms.world().
    train::Averager make_averager() const;

    /// The features with a weight: those that occur in the training set, held-out documents
    /// included, and those that the initial model weighs. Nothing else costs time or memory.
    const data::FeatureSet& columns() const { return order.columns(); }
    /// The columns that occur in the training set, ascending. Before load().
    std::span<const std::uint32_t> occurring() const { return features_.column; }
    /// The columns of the widest dataset, or of a wider initial model.
    std::int64_t features() const;
    std::int64_t batch_size() const;  ///< documents per batch of a rank
    /// Documents in the batches of all ranks before an iteration. @note Collective.
    std::int64_t documents_before(std::int64_t iteration) const;
    /// The iteration at which a resumed run continues. With another number of ranks or another
    /// batch size, the one with the same number of processed documents.
    /// @param state  of the checkpoint. @note Collective.
    std::int64_t iteration_of(const data::State& state) const;
    /// Weights by ascending column, the bias last, for values as the files hold them.
    std::vector<double> by_column(std::vector<double> weights) const;
    /// The inverse of by_column().
    std::vector<double> by_number(std::vector<double> weights) const;
    /// Whether the features are divided by their root mean squares.
    bool scales_features() const noexcept { return !feature_factors_.empty(); }
    /// The model that was evaluated last, for documents as the files hold them. Takes its weights.
    model::LinearModel<data::Numbering::listed> take_model();
    std::vector<std::string> digests() const;  ///< of all datasets, training first
    /// Whether the run tells several categories from the rest.
    bool has_several_outputs() const { return !source->categories.empty(); }
    /// Whether all outputs are trained at the same time; else one after another.
    bool trains_outputs_together() const;
    /// Whether each output is trained by one rank, which has all training documents.
    bool deals_outputs() const;
    /// Whether the run of an output begins where that of another has ended.
    bool trains_one_by_one() const { return has_several_outputs() && !trains_outputs_together(); }
    /// Ranks that divide the documents of an epoch among themselves.
    int sharing_workers() const { return deals_outputs() ? 1 : workers; }
    /// The learning rate of all outputs that have none of their own.
    double common_learning_rate() const;
    /// What a resumed run of several outputs needs beside their weights; nothing for one output.
    void save_outputs(data::State& out) const;
    /// What --category-settings says of an output. After load().
    const CategorySetting& setting_of(std::size_t output) const {
        return category_settings_.of(labels->categories[output]);
    }
    const train::StrategyInfo& strategy() const { return *options_.strategy; }
    /// All training documents of this rank.
    train::OwnDocuments own_documents() const {
        return train::OwnDocuments(data.training, stream.get());
    }
    /// Visits this rank's training documents and those held out, part by part. A pass over files
    /// where they are streamed. @throws Error: bad_data, io.
    using HeldOut = data::NumberedRows<data::Numbering::training>;
    void for_each_part(
        const std::function<void(const model::TrainingRows&, const HeldOut&)>& visit) const;
    /// Documents that a rank has in memory where they are streamed, about; 0: all.
    std::int64_t stream_window() const noexcept { return stream_window_; }

    TextDatasets texts;  ///< before the datasets, which are read from its files
    std::optional<LabelledDataset> source;
    std::vector<LabelledDataset> tests;
    InitialModel initial;
    data::Idf idf;    ///< on rank 0: what the training set's values were multiplied by
    int workers = 1;  ///< ranks that process documents: the first ones
    nlohmann::ordered_json staged;  ///< on rank 0, with --stage: see stage()
    train::HotHeadPlan hot_head_plan;
    data::FeatureOrder order;  ///< of the rows and weights in memory
    TrainingData data;
    /// The rows of `data.training` that no other rank evaluates.
    data::Range evaluated_training;
    std::optional<OutputLabels> labels;  ///< of several outputs; without those of training rows
    train::Outputs outputs;              ///< the same on every rank but for the labels
    std::vector<model::ClassWeights> output_class_weights;  ///< of several outputs
    std::vector<double> output_learning_rates;  ///< of several outputs; empty with `dual`
    /// The objective and the weights that were evaluated last, in the numbering of the rows.
    model::LinearModel<data::Numbering::training> model;
    /// Reads the documents of which `data.training` is a window; null: these are all.
    std::unique_ptr<train::RowStream> stream;
    std::unique_ptr<train::BatchSource> batches;
    std::int64_t last_iteration = 0;  ///< largest over ranks
    std::int64_t per_epoch = 0;       ///< iterations of an epoch, largest over ranks
    std::int64_t evaluate_every = 0;  ///< iterations, >= 1
    double learning_rate = 0.0;       ///< of several outputs the largest
    /// From a resumed run: the choices of `auto`, and --iterations for this number of ranks.
    std::optional<double> restored_learning_rate;
    std::optional<double> restored_lambda;
    std::optional<std::int64_t> restored_iterations;
    std::optional<std::int64_t> restored_stream_window;
    data::State restored_outputs;  ///< of several outputs; see save_outputs()
    /// Of runs that are trained together since they differ in lambda alone: each output of the
    /// model has a column for each of these, and they follow each other. Set before load(); empty:
    /// there is one run.
    std::vector<double> lambdas;
    /// On rank 0, where lambda was tried: of documents that the trial's models had not seen.
    std::vector<model::LabelledScore> trial_scores;

private:
    void read_features();
    void check_memory_needed(std::size_t features) const;
    bool may_have_hot_head() const;
    void number_features();
    std::string stream_refusal() const;
    bool may_stream() const;
    std::int64_t memory_of_rank() const;
    std::int64_t bytes_of_documents(double documents) const;
    void choose_row_storage();
    void read_training(const std::function<void()>& between_blocks);
    void open_stream();
    void keep_blocks();
    void choose_hot_head();
    train::HotHeadSetting hot_head_setting() const;
    model::TrainingRows::Layout row_layout() const;
    void set_objective();
    void set_inverse_degrees(std::vector<std::int64_t> counts);
    void set_weights();
    void check_one_output() const;
    void check_several_outputs() const;
    void read_category_settings();
    void load_labels(const Division& division);
    void set_output_weights();
    std::vector<double> output_settings() const;
    void check_restored_outputs() const;
    void choose_output_lambdas();
    void set_output_lambdas(std::span<const double> usual);
    /// What remains to be set of several outputs once the learning rate is known.
    void complete_outputs();
    void make_columns();
    const train::Outputs& trained_outputs() const;
    std::uint64_t shared_bytes(const model::WeightShape& shape) const;
    /// Of the rows of all features.
    std::uint64_t matrix_bytes(const model::WeightShape& shape) const;
    void choose_output_learning_rates();
    std::vector<double> try_output_lambdas() const;
    model::Objective objective_of(std::size_t output) const;
    bool uses_matrix() const;
    void prepare_outputs(std::span<const std::size_t> chosen, train::OutputRun& run);
    std::unique_ptr<train::BatchSource> make_batches() const;
    /// @param eta  the learning rate.
    train::TrainingContext context_of(const model::Objective& objective, double eta,
                                      train::BatchSource& source) const;
    void set_sampler();
    int dual_workers() const;
    bool tries_lambdas() const;
    std::int64_t documents_to_try() const;
    void scale_features(Sample& sample);
    bool wants_scaling(const Sample& sample) const;
    void choose_lambda(const Sample& sample);
    void choose_learning_rate(Sample sample);
    std::int64_t batches_per_epoch() const;
    train::DualPlan dual_plan() const;
    train::RegularizationPlan regularization(const model::Objective& objective) const;
    train::DownpourPlan downpour_plan() const;
    mpi::Communicator world() const { return comms_.world(); }

    const TrainOptions& options_;
    const mpi::Communicators& comms_;
    std::int64_t copies_;
    CategorySettings category_settings_;
    Division division_;  ///< of the training set
    std::int64_t stream_window_ = 0;
    std::optional<BlockReader> reader_;  ///< of what is streamed
    struct Columns {
        model::Objective objective;
        train::Outputs outputs;
    };
    std::optional<Columns> columns_;  ///< with `lambdas`
    data::FeatureCounts features_;    ///< of the training set; with the initial model's in load()
    /// By input: what the values of the rows have been multiplied by; empty: nothing.
    std::vector<double> feature_factors_;
};

}  // namespace hogwild::app
