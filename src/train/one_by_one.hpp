#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "data/label_sets.hpp"
#include "data/stopwatch.hpp"
#include "model/training_rows.hpp"
#include "model/weight_shape.hpp"
#include "mpi/communicators.hpp"
#include "train/registry.hpp"
#include "train/trainer.hpp"

namespace hogwild::train {

/// What the run of some outputs has of its own.
struct OutputRun {
    model::Objective objective;
    Outputs outputs;  ///< where the strategy trains several at the same time
    std::unique_ptr<BatchSource> batches;
    std::optional<TrainingContext> context;  ///< refers to all of these
};

/// Which ranks train an output.
enum class OutputDeal {
    together,  ///< all of them, one output after another
    single,    ///< one rank, which has all documents: its outputs one after another
    matrix     ///< one rank, which has all documents: its outputs at the same time
};

/// Trains several outputs in runs of their own on the same documents, which get the labels of one
/// output after another: so that every strategy can train several outputs. Where outputs are dealt
/// to ranks, no rank waits for another.
///
/// A strategy of the dual problem ends an output's run as soon as its gap is certified. What a run
/// needs is released at its end, so that no memory grows with documents times outputs.
class OneByOne final : public Trainer {
public:
    struct Plan {
        const StrategyInfo& strategy;
        Precision precision;
        model::WeightShape shape;         ///< of the whole model
        std::int64_t per_epoch = 1;       ///< iterations of an epoch
        std::int64_t last_iteration = 0;  ///< of the whole run
        std::optional<double> gap;        ///< as DualPlan::gap
        OutputDeal deal = OutputDeal::together;
        /// Outputs that follow each other and go to the same rank; divides their number.
        std::size_t dealt_together = 1;
        /// Prepares the run of some outputs. @note Collective over the ranks that train them.
        std::function<void(std::span<const std::size_t> outputs, OutputRun& run)> prepare;
        Hook* progress_report = nullptr;  ///< as TrainingContext has it
        /// run() returns between two runs once it has taken longer, first after one run; 0: never.
        /// What is saved then are the outputs whose run has ended. @pre without pauses within runs.
        double pause_seconds = 0.0;
    };

    /// @param rows    this rank's documents, which get labels in turn. @param labels  of them.
    /// @param comms   nothing is owned; all of it must outlive this.
    /// @note Collective over `comms`.
    OneByOne(Plan plan, model::TrainingRows& rows, const data::LabelSets& labels,
             const mpi::Communicators& comms);

    void run(std::int64_t until) override;
    /// Each output was brought to a boundary by run().
    void quiesce() override {}
    void weights(std::span<double> out) override;
    /// Of runs that ended, in the order of outputs: their epochs and certificates. Call after
    /// certify(). Of a weight matrix nothing: all its outputs are as far.
    void save(SavedState& out) const override;
    /// Outputs whose saved run is over by this plan, too, are not trained again; all others begin
    /// anew. Those of a weight matrix go on from their weights.
    void resume(std::int64_t iteration, std::span<const double> weights,
                const RestoredState& saved) override;
    /// With dealt outputs this is where the ranks meet.
    std::optional<Certificate> certify(bool at_any_rate) override;
    /// Of the output that took longest; before all have ended the mean, where the others count 0.
    /// Call after certify().
    std::int64_t ended_at(std::int64_t until) const override;
    bool has_paused() const override { return reached_.has_paused; }
    /// Documents, and those with a gradient, summed over outputs.
    Meters meters() const override { return meters_; }
    void close() override;

private:
    /// What is trained in one run.
    struct Unit {
        std::vector<std::size_t> outputs;
        std::unique_ptr<OutputRun> run;
        std::unique_ptr<Trainer> trainer;  ///< null before and after the run, as `run` is
        std::int64_t iteration = 0;
        bool ended = false;
        std::optional<Certificate> certificate;  ///< of the present weights
        std::vector<double> weights;             ///< inputs x outputs, of a run that has ended
    };

    bool is_dealt() const noexcept { return plan_.deal != OutputDeal::together; }
    /// This rank's outputs, those with the most positives first: they take longest.
    std::vector<std::size_t> own_outputs() const;
    void list_positives();
    const mpi::Communicators& trainers() const noexcept;
    bool should_pause(const data::Stopwatch& since_start);
    void advance(Unit& unit, std::int64_t until);
    void start(Unit& unit);
    /// What Trainer::certify() says at the end of an epoch.
    void look(Unit& unit);
    void end(Unit& unit);
    std::vector<double> weights_of(Unit& unit) const;
    std::vector<double> own_part(std::span<const double> weights, const Unit& unit) const;
    void resume_matrix(Unit& unit, std::int64_t iteration, std::span<const double> weights,
                       const RestoredState& saved);
    void resume_ended(Unit& unit, std::span<const double> weights, const RestoredState& saved);

    Plan plan_;
    model::TrainingRows& rows_;
    const data::LabelSets& labels_;
    const mpi::Communicators& comms_;
    std::optional<mpi::Communicators> alone_;            ///< this rank, where outputs are dealt
    std::vector<std::vector<std::uint32_t>> positives_;  ///< documents labelled +1, by output
    std::vector<Unit> units_;                            ///< in the order of their runs
    double pause_after_ = 0.0;                           ///< s; grows up to that of the plan
    /// What all ranks had reached at the last certify().
    struct Reached {
        bool has_paused = false;
        std::int64_t longest = 0;       ///< of all outputs' iterations
        std::vector<double> iteration;  ///< by output: at which its run ended; else 0
        std::vector<double> primal;     ///< by output: of its certificate; else 0
        std::vector<double> dual;
    } reached_;
    Meters meters_;
};

}  // namespace hogwild::train
