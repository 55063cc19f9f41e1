#pragma once
// Shared by the tests of strategies: a run of one strategy over common rows, and a problem whose
// weights count updates.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "data/partition.hpp"
#include "model/reference.hpp"
#include "mpi/collectives.hpp"
#include "train/registry.hpp"
#include "train/regularization/shared_weight_decay.hpp"

namespace hogwild::train {

/// A run of one strategy on this rank's part of common rows.
class StrategyTest : public ::testing::Test {
protected:
    explicit StrategyTest(int replicas = 1) : comms_(MPI_COMM_WORLD, false, replicas) {}
    void TearDown() override { comms_.close(); }

    /// Those that descend by gradients; test_dual.cpp is about the other.
    std::vector<std::string> strategies() const {
        std::vector<std::string> names = strategy_names();
        std::erase_if(names, [](const std::string& name) { return strategy_info(name).is_dual; });
        if (comms_.size() > 1) std::erase(names, "sequential");
        return names;
    }

    /// This rank's part of the rows; servers have none.
    /// @param unequal  higher ranks get more rows.
    data::Rows own_part(const data::Rows& all, int workers, bool unequal = false) const {
        data::Rows own;
        if (comms_.rank() >= workers) return own;
        data::Range range = data::equal_part(all.size(), workers, comms_.rank());
        if (unequal) {
            const auto before = [&](std::int64_t ranks) {
                return all.size() * ranks * (ranks + 1) / (workers * (workers + 1));
            };
            range = {before(comms_.rank()), before(comms_.rank() + 1)};
        }
        for (std::int64_t i = range.begin; i < range.end; ++i) {
            own.append(all.row(i), all.label(i), all.weight(i));
        }
        return own;
    }

    struct Setting {
        std::string strategy = {};
        Precision precision = Precision::double_;
        model::StepSchedule schedule{model::StepSchedule::Kind::constant, 0.05, 0.0, 0.9};
        bool aggregated = false;
        std::int64_t batch_size = 5;
        std::int64_t epochs = 10;
        Sampler::Kind sampling = Sampler::Kind::permutation;
        DownpourPlan downpour = {};
        HotHeadPlan hot_head_plan = {};
        ExchangePlan exchange = {};
        bool node_aware = false;
        bool unequal_parts = false;
        Snapshots* snapshots = nullptr;  ///< rank 0 takes them
        const Outputs* outputs = nullptr;
        std::uint64_t seed = 0;  ///< of random rounding
    };

    /// Makes a strategy; collective.
    using Make = std::function<std::unique_ptr<Trainer>()>;
    /// Sets up a run of one strategy on this rank's part of `all`.
    /// @param use  called with a function that makes the strategy, and the iterations of the run.
    void with(const StrategyInfo& info, const Setting& s, const model::Objective& objective,
              const data::Rows& all, const std::function<void(const Make&, std::int64_t)>& use) {
        const data::Rows part =
            own_part(all, info.workers(s.downpour, comms_.size()), s.unequal_parts);
        const bool writes_only_active =
            s.aggregated || objective.regularizer == model::Regularizer::none;
        model::TrainingRows own(
            info.row_layout(s.hot_head_plan, writes_only_active, objective.shape),
            s.hot_head_plan.size);
        own.append(part, 0, part.size());
        const std::int64_t per_epoch = (own.size() + s.batch_size - 1) / s.batch_size;
        const auto batches =
            info.batches({s.sampling, own.size(), s.batch_size, 0, s.epochs, 7, comms_.rank()}, {},
                         mpi::max(comms_.world(), per_epoch));
        const std::int64_t mine = batches->documents_before(batches->batches());
        const double total = static_cast<double>(mpi::sum(comms_.world(), mine));
        TrainingContext context{
            objective,
            own,
            *batches,
            s.schedule,
            {objective, s.aggregated, s.precision, own, all.size(), comms_.world()},
            all.size(),
            mine > 0 ? total / static_cast<double>(mine) : 1.0};
        context.downpour = s.downpour;
        context.hot_head_plan = s.hot_head_plan;
        context.exchange = s.exchange;
        context.node_aware = s.node_aware;
        if (comms_.rank() == 0) context.snapshots = s.snapshots;
        context.outputs = s.outputs;
        context.seed = s.seed;
        use([&] { return info.make(s.precision, context, comms_); },
            mpi::max(comms_.world(), batches->batches()));
    }

    /// Trains and returns the weights; stores the measurements of all ranks in `meters_`.
    std::vector<double> train(const StrategyInfo& info, const Setting& s,
                              const model::Objective& objective, const data::Rows& all) {
        std::vector<double> w(objective.shape.size());
        with(info, s, objective, all, [&](const Make& make, std::int64_t last) {
            const auto strategy = make();
            strategy->run(last / 2);  // in two rounds, as the training loop does
            strategy->quiesce();
            strategy->run(last);
            strategy->quiesce();
            strategy->weights(w);
            meters_ = strategy->meters().summed(comms_.world());
            mpi::barrier(comms_.world());
            strategy->close();
        });
        return w;
    }
    std::vector<double> train(const Setting& s, const model::Objective& objective,
                              const data::Rows& all) {
        return train(strategy_info(s.strategy), s, objective, all);
    }

    mpi::Communicators comms_;
    Meters meters_;
};

inline model::Objective make_objective(model::Regularizer regularizer, const data::Rows& rows,
                                       std::size_t features) {
    model::Objective o;
    o.regularizer = regularizer;
    o.lambda = 1e-3;
    o.shape.features = features;
    o.inverse_degree = reference::inverse_degree(rows, features);
    return o;
}

/// Rows whose margin always stays below 1, so that every update adds exactly one to each weight of
/// its row: weights count updates. Row i has every `stride`-th feature from i mod stride on.
struct CountingProblem {
    static constexpr double kValue = 0x1p-30;  // of a feature; steps of 2^30 make it 1
    static constexpr std::uint32_t kFeatures = 16;
    data::Rows rows;
    model::Objective objective;
    std::int64_t holders;  ///< of a feature: rows
    explicit CountingProblem(int ranks, std::uint32_t stride = 1,
                             std::uint32_t features = kFeatures) {
        for (std::uint32_t i = 0; i < 4 * static_cast<std::uint32_t>(ranks); ++i) {
            std::vector<std::uint32_t> index;
            for (std::uint32_t u = i % stride; u < features; u += stride) index.push_back(u);
            const std::vector<float> value(index.size(), static_cast<float>(kValue));
            rows.append({index, value}, 1);
        }
        objective.regularizer = model::Regularizer::none;
        objective.bias = false;
        objective.shape.features = features;
        holders = static_cast<std::int64_t>(rows.size() / stride);
    }
    static constexpr model::StepSchedule kSchedule{model::StepSchedule::Kind::constant, 0x1p30, 0.0,
                                                   0.9};
};

}  // namespace hogwild::train
