// Global progress, and the bound that keeps every rank within an epoch of the slowest.
#include <chrono>
#include <thread>

#include "train/progress/global_progress.hpp"
#include "train/strategy_test.hpp"

namespace hogwild::train {
namespace {

TEST(GlobalProgress, IsReckonedFromOwnAndCorrectedByALook) {
    const model::Objective o;
    const model::TrainingRows rows;
    Sampler batches({});
    const TrainingContext context{o, rows, batches, CountingProblem::kSchedule};
    const DocumentTotals totals{
        .own = 10, .group = 30, .all = 60};  // three ranks on each of two nodes
    std::vector<ProgressSlot> slots(3);
    GlobalProgress progress(context, totals, slots, 1);
    slots[0] = {.step_sum = 0.5, .documents = 5};
    progress.advance(10);
    progress.add_step_sum(2.0);
    EXPECT_EQ(progress.documents(), 60.0);
    EXPECT_EQ(progress.step_sum(), 6.0) << "of the node";
    progress.refresh();
    EXPECT_EQ(progress.documents(), 30.0);
    EXPECT_EQ(progress.group_documents(), 15);
    EXPECT_EQ(progress.step_sum(), 2.5);
    progress.advance(1);
    EXPECT_EQ(progress.documents(), 36.0);
}

TEST(GlobalProgress, NobodyIsMoreThanAnEpochAhead) {
    const model::Objective o;
    data::Rows ten;
    for (int i = 0; i < 10; ++i) ten.append({}, 1);
    const model::TrainingRows rows = ten;
    Sampler batches({.rows = 10, .batch_size = 1, .epochs = 4});
    const TrainingContext context{o, rows, batches, CountingProblem::kSchedule};
    std::vector<ProgressSlot> slots(2);
    GlobalProgress progress(context, {.own = 40, .group = 80, .all = 80}, slots, 0);
    progress.advance(10);
    progress.refresh();
    EXPECT_FALSE(progress.exceeds_staleness_bound());
    progress.advance(1);
    EXPECT_TRUE(progress.exceeds_staleness_bound());
    slots[1].done = 0.5;
    EXPECT_TRUE(progress.exceeds_staleness_bound()) << "as of the last look";
    progress.refresh();
    EXPECT_FALSE(progress.exceeds_staleness_bound());
}

/// Batches of a rank that is delayed at intervals, with the start time of each epoch.
class SlowBatches final : public BatchSource {
public:
    SlowBatches(const Sampler::Plan& plan, std::chrono::microseconds pause)
        : sampler_(plan), per_epoch_(plan.rows / plan.batch_size), pause_(pause) {}

    std::span<const std::uint32_t> batch(std::int64_t iteration) override {
        if (iteration % per_epoch_ == 0) began_.push_back(now());
        if (pause_.count() > 0) std::this_thread::sleep_for(pause_);
        return sampler_.batch(iteration);
    }
    std::int64_t documents_before(std::int64_t i) const override {
        return sampler_.documents_before(i);
    }
    std::int64_t batches() const override { return sampler_.batches(); }
    /// Seconds of a clock that all processes of a host share, which MPI_Wtime does not guarantee.
    const std::vector<double>& began() const noexcept { return began_; }

private:
    static double now() {
        const auto since_boot = std::chrono::steady_clock::now().time_since_epoch();
        return std::chrono::duration<double>(since_boot).count();
    }

    Sampler sampler_;
    std::int64_t per_epoch_;
    std::chrono::microseconds pause_;
    std::vector<double> began_;
};

class BoundedLeadTest : public StrategyTest {};

TEST_F(BoundedLeadTest, WaitsForTheSlowestInEveryStrategyThatKnowsTheOthers) {
    constexpr std::int64_t kRows = 400;  // of a rank, far more than are between two looks
    constexpr std::int64_t kEpochs = 6;
    const data::Rows rows = reference::random_rows(kRows, 40, 5);
    const model::Objective o = make_objective(model::Regularizer::none, rows, 40);
    for (const std::string& name : strategies()) {
        if (name == "downpour") continue;
        const HotHeadPlan plan{name == "lock-free", 10, 16};
        model::TrainingRows own(strategy_info(name).row_layout(plan, true, o.shape), plan.size);
        own.append(rows, 0, kRows);
        const bool slow = comms_.rank() == 0;
        SlowBatches batches({Sampler::Kind::permutation, kRows, 4, 0, kEpochs, 7, comms_.rank()},
                            std::chrono::microseconds(slow ? 100 : 0));
        TrainingContext context{
            o, own, batches, {model::StepSchedule::Kind::constant, 0.01, 0.0, 0.9}};
        context.training_documents = kRows * comms_.size();
        context.global_documents_per_local = comms_.size();
        context.hot_head_plan = plan;
        const auto strategy = strategy_info(name).make(Precision::double_, context, comms_);
        strategy->run(batches.batches());
        strategy->quiesce();
        strategy->close();
        std::vector<double> slowest(kEpochs);
        std::vector<double> began = batches.began();
        EXPECT_EQ(began.size(), slowest.size());
        began.resize(slowest.size());
        if (slow) slowest = began;
        mpi::broadcast(comms_.world(), 0, std::span<double>(slowest));
        for (std::size_t e = 2; e < slowest.size(); ++e) {
            EXPECT_GE(began[e], slowest[e - 2]) << name << ", epoch " << e;
        }
    }
}

}  // namespace
}  // namespace hogwild::train
