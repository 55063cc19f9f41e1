// Ranks restore what they save: bitwise where that is promised, and for other divisions of the
// work.
#include <algorithm>
#include <functional>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "data/partition.hpp"
#include "mpi/collectives.hpp"
#include "train/hooks/averager.hpp"
#include "train/saved_state.hpp"
#include "train/strategy_test.hpp"

namespace hogwild::train {
namespace {

/// Whole vectors on rank 0.
data::State together(MPI_Comm comm, const data::State& blocks) {
    data::State vectors;
    for (const auto& [name, block] : blocks.arrays()) {
        const std::vector<double> whole = mpi::gather_blocks(comm, block);
        vectors.put(name, std::span<const double>(whole));
    }
    int rank = 0;
    MPI_Comm_rank(comm, &rank);
    return rank == 0 ? vectors : data::State();
}

TEST(Averager, GoesOnWithOtherBlocks) {
    mpi::Communicators comms(MPI_COMM_WORLD);
    constexpr std::int64_t kWeights = 11;
    std::vector<double> w(kWeights);
    std::iota(w.begin(), w.end(), 1.0);
    Averager before(2, data::equal_part(kWeights, comms.size(), comms.rank()));
    // the last rank has not looked yet, if there are others
    if (comms.rank() == 0 || comms.rank() + 1 < comms.size()) {
        before.take(4 + comms.rank(), [&](std::size_t u) { return 3.0 * w[u]; });
    }
    std::vector<double> mean = w;
    before.replace_by_mean(comms.world(), mean);
    SavedState saved;
    before.save(comms.world(), w, saved);
    const data::State vectors = together(comms.world(), saved.blocks);
    saved.common = data::State::unpack(mpi::broadcast(comms.world(), 0, saved.common.pack()));
    const RestoredState restored(comms.world(), saved.common, saved.own, vectors, false, {});
    for (const std::int64_t iteration : {std::int64_t{5}, std::int64_t{500}, std::int64_t{1}}) {
        Averager after(2, comms.rank() == 0 ? data::Range{0, kWeights} : data::Range{});
        after.resume(iteration, 5, restored);
        EXPECT_EQ(after.next(), iteration == 5 ? 6 : iteration);
        std::vector<double> again(kWeights);
        after.replace_by_mean(comms.world(), again);
        for (std::size_t u = 0; u < w.size(); ++u) EXPECT_NEAR(again[u], mean[u], 1e-12) << u;
    }
    comms.close();
}

/// On some ranks nothing, and in turns on the others; given back in blocks.
TEST(RestoredState, ValuesOfDocumentsFindTheirDocuments) {
    mpi::Communicators comms(MPI_COMM_WORLD);
    constexpr std::int64_t kDocuments = 23;
    const std::int64_t holders = std::max(1, comms.size() - 1);
    std::vector<data::Range> own;
    std::vector<double> values;
    for (std::int64_t k = comms.rank(); comms.rank() < holders && k < kDocuments; k += holders) {
        own.push_back({k, k + 1});
        values.push_back(100.0 + static_cast<double>(k));
    }
    const std::vector<double> whole =
        mpi::gather_numbered(comms.world(), data::numbers_in(own), values);
    EXPECT_EQ(std::ssize(whole), comms.rank() == 0 ? kDocuments : 0);
    for (std::size_t k = 0; k < whole.size(); ++k) {
        EXPECT_EQ(whole[k], 100.0 + static_cast<double>(k));
    }
    data::State vectors;
    if (comms.rank() == 0) vectors.put("x", std::span<const double>(whole));
    const data::Range block = data::equal_part(kDocuments, comms.size(), comms.rank());
    const data::State none;
    const RestoredState restored(comms.world(), none, none, vectors, false, {&block, 1});
    const std::vector<double> mine = restored.of_documents("x");
    ASSERT_EQ(std::ssize(mine), block.size());
    for (std::size_t k = 0; k < mine.size(); ++k) {
        EXPECT_EQ(mine[k], 100.0 + static_cast<double>(block.begin) + static_cast<double>(k));
    }
    EXPECT_TRUE(restored.of_documents("y").empty());
    comms.close();
}

class SavedStateTest : public StrategyTest {
protected:
    void with(const Setting& s, const model::Objective& objective, const data::Rows& all,
              const std::function<void(const Make&, std::int64_t)>& use) {
        StrategyTest::with(strategy_info(s.strategy), s, objective, all, use);
    }

    std::vector<double> weights_of(Trainer& strategy, const model::Objective& objective) {
        std::vector<double> w(objective.shape.size());
        strategy.weights(w);
        mpi::barrier(comms_.world());
        return w;
    }
    /// Ends run() on all ranks, as a run does before it saves.
    void pause(Trainer& strategy) {
        if (strategy.keeps_bits()) {
            mpi::barrier(comms_.world());
        } else {
            strategy.quiesce();
        }
    }
    std::vector<double> end(Trainer& strategy, std::int64_t last,
                            const model::Objective& objective) {
        strategy.run(last);
        strategy.quiesce();
        const std::vector<double> w = weights_of(strategy, objective);
        strategy.close();
        return w;
    }
};

TEST_F(SavedStateTest, ComesBack) {
    const data::Rows rows = reference::random_rows(240, 40, 3);
    for (const std::string& name : strategies()) {
        for (const Precision precision : {Precision::single_, Precision::double_}) {
            for (const bool aggregated : {false, true}) {
                const model::Objective o = make_objective(model::Regularizer::seed, rows, 40);
                Setting s{.strategy = name, .precision = precision, .aggregated = aggregated};
                s.epochs = 4;
                s.downpour.adagrad = true;
                SCOPED_TRACE(name + (aggregated ? " aggregated" : " exact"));
                with(s, o, rows, [&](const Make& make, std::int64_t last) {
                    const auto unbroken = make();
                    const bool exact = unbroken->keeps_bits();
                    unbroken->run(last / 2);
                    pause(*unbroken);
                    SavedState saved;
                    unbroken->save(saved);
                    mpi::barrier(comms_.world());
                    const std::vector<double> whole = end(*unbroken, last, o);

                    // saved and then gone on with, in place
                    const auto paused = make();
                    paused->run(last / 2);
                    pause(*paused);
                    SavedState own;
                    paused->save(own);
                    const std::vector<double> half = weights_of(*paused, o);
                    const std::vector<double> in_place = end(*paused, last, o);
                    if (exact) {
                        const auto settled = make();
                        settled->run(last / 2);
                        settled->quiesce();
                        EXPECT_EQ(weights_of(*settled, o), half) << "with all that is due to them";
                        settled->close();
                    }

                    // by another process: what is common is rank 0's
                    const auto resumed = make();
                    const data::State vectors = together(comms_.world(), own.blocks);
                    own.common =
                        data::State::unpack(mpi::broadcast(comms_.world(), 0, own.common.pack()));
                    const RestoredState restored(comms_.world(), own.common, own.own, vectors, true,
                                                 {});
                    EXPECT_NO_THROW(resumed->check_restored(restored));
                    resumed->resume(last / 2, half, restored);
                    SavedState again;
                    resumed->save(again);
                    mpi::barrier(comms_.world());  // before any rank goes on
                    EXPECT_EQ(again.common, own.common);
                    EXPECT_EQ(again.own, own.own);
                    EXPECT_EQ(again.blocks, own.blocks);
                    const std::vector<double> later = end(*resumed, last, o);
                    if (exact) {
                        EXPECT_EQ(in_place, whole);
                        EXPECT_EQ(later, whole);
                    }
                });
            }
        }
    }
}

TEST_F(SavedStateTest, WrongLengthsAreFoundBeforeAnyRankWaits) {
    const data::Rows rows = reference::random_rows(240, 40, 3);
    const model::Objective o = make_objective(model::Regularizer::seed, rows, 40);
    for (const std::string name : {"synchronous", "round-robin"}) {
        for (const bool aggregated : {false, true}) {
            const Setting s{
                .strategy = name, .precision = Precision::single_, .aggregated = aggregated};
            with(s, o, rows, [&](const Make& make, std::int64_t) {
                const auto strategy = make();
                SavedState saved;
                strategy->save(saved);
                for (data::State* const part : {&saved.common, &saved.own}) {
                    const data::State right = *part;
                    for (const auto& [array, values] : right.arrays()) {
                        std::vector<double> longer = values;
                        longer.push_back(0.0);
                        part->put(array, std::span<const double>(longer));
                        const data::State none;
                        EXPECT_THROW(strategy->check_restored(
                                         {comms_.world(), saved.common, saved.own, none, true, {}}),
                                     Error)
                            << name << " " << array;
                        *part = right;
                    }
                }
                strategy->close();
            });
        }
    }
}

}  // namespace
}  // namespace hogwild::train
