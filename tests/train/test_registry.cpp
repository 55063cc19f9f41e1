// The properties of strategies that the program uses without running them, and a new strategy.
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>

#include "train/local_trainer.hpp"
#include "train/registry.hpp"
#include "train/strategy_test.hpp"

namespace hogwild::train {
namespace {

// --- a new strategy: its update, and its StrategyInfo --------------------------------------------

/// Plain SGD on every rank's own documents, without any communication.
template <class Real>
struct Hermits final : LocalUpdate<Real> {
    using LocalUpdate<Real>::LocalUpdate;
    void operator()(const PlainReader::Batch& batch, const Step& step) {
        const model::SparseDelta& change = this->w_.change_of(batch, step);
        this->w_.apply(step.eta * static_cast<double>(batch.size()), batch.size(), change);
    }
};
const StrategyInfo kHermits{.name = "hermits",
                            .summary = "a copy per rank, never brought together",
                            .reference = "none",
                            .make = make_local_trainer<Hermits>};

class RegistryTest : public StrategyTest {};

TEST_F(RegistryTest, AStrategyIsOneFile) {
    const data::Rows rows = reference::random_rows(300, 40, 3);
    const model::Objective o = make_objective(model::Regularizer::l2, rows, 40);
    const Setting s{.aggregated = true, .epochs = 20};
    const std::vector<double> w = train(kHermits, s, o, rows);
    const std::vector<double> zero(o.shape.size());
    const data::Rows own = own_part(rows, comms_.size());
    EXPECT_LT(reference::objective(o, w, own), 0.9 * reference::objective(o, zero, own));
}

TEST_F(RegistryTest, NamesAreFoundAndDiffer) {
    std::set<std::string> names;
    for (const StrategyInfo* info : train::strategies()) {
        EXPECT_EQ(&strategy_info(info->name), info);
        EXPECT_TRUE(names.insert(info->name).second) << info->name << " twice";
        EXPECT_FALSE(std::string(info->summary).empty());
    }
    EXPECT_THROW(strategy_info("hermits"), std::invalid_argument);
}

TEST_F(RegistryTest, RefusalsSayWhatToDo) {
    const DownpourPlan two_servers{.servers = 2};
    EXPECT_EQ(strategy_info("sequential").refusal({}, 1), "");
    EXPECT_NE(strategy_info("sequential").refusal({}, 2).find("mpirun -np 1"), std::string::npos);
    EXPECT_EQ(strategy_info("downpour").refusal(two_servers, 1), "");
    EXPECT_NE(strategy_info("downpour").refusal(two_servers, 2), "");
    EXPECT_EQ(strategy_info("downpour").refusal(two_servers, 3), "");
    EXPECT_EQ(strategy_info("downpour").workers(two_servers, 5), 3);
    EXPECT_EQ(strategy_info("lock-free").workers(two_servers, 5), 5);
}

/// Bytes of this process that are mapped from shared memory.
std::uint64_t mapped_shared_bytes() {
    std::ifstream maps("/proc/self/maps");
    std::uint64_t sum = 0;
    for (std::string line; std::getline(maps, line);) {
        std::uint64_t begin = 0;
        std::uint64_t end = 0;
        char dash = 0;
        std::string mode;
        std::istringstream(line) >> std::hex >> begin >> dash >> end >> mode;
        if (mode.size() == 4 && mode[3] == 's') sum += end - begin;
    }
    return sum;
}

/// The exact form needs most memory; a hot head needs the aggregated form.
TEST_F(RegistryTest, SharedBytesAreThoseThatItTakes) {
    if (comms_.size() == 1) return;  // MPI takes private memory then
    constexpr std::size_t kFeatures = 100'000;
    constexpr std::uint64_t kPages = 64U << 10;  // MPI's own, of all windows
    const data::Rows rows = reference::random_rows(40, kFeatures, 3);
    for (const StrategyInfo* info : train::strategies()) {
        if (!info->refusal({}, comms_.size()).empty()) continue;
        for (const Precision precision : {Precision::single_, Precision::double_}) {
            for (const std::size_t features : {std::size_t{0}, std::size_t{50'000}}) {
                if (features > 0 && !info->has_hot_head) continue;
                const bool aggregated = features > 0;
                const model::Objective o =
                    make_objective(aggregated ? model::Regularizer::l2 : model::Regularizer::seed,
                                   rows, kFeatures);
                const Setting s{.strategy = info->name,
                                .precision = precision,
                                .aggregated = aggregated,
                                .hot_head_plan = {aggregated, features, 16}};
                std::uint64_t taken = 0;
                with(*info, s, o, rows, [&](const Make& make, std::int64_t) {
                    const std::uint64_t before = mapped_shared_bytes();
                    const auto strategy = make();
                    taken = mapped_shared_bytes() - before;
                    strategy->close();
                });
                const std::uint64_t said =
                    info->shared_bytes({precision, o.shape, features, comms_.size(), false});
                EXPECT_LE(taken, said + kPages) << info->name << ", " << features;
                EXPECT_LE(said, taken + kPages) << info->name << ", " << features;
            }
        }
    }
}

}  // namespace
}  // namespace hogwild::train
