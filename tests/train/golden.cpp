// The reference trajectories: 400 iterations of every regularizer on the real sample, with batches
// that a formula defines.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <ostream>

#include "io/dataset.hpp"
#include "io/hdf5_library.hpp"
#include "model/reference.hpp"
#include "train/registry.hpp"
#include "train/regularization/shared_weight_decay.hpp"

namespace hogwild {
namespace {

using nlohmann::json;

/// Row k of iteration t is ((t B + k) 7919) mod n.
class GoldenBatches final : public train::BatchSource {
public:
    GoldenBatches(std::int64_t batch_size, std::int64_t rows) : size_(batch_size), rows_(rows) {}
    std::span<const std::uint32_t> batch(std::int64_t t) override {
        batch_.clear();
        for (std::int64_t k = 0; k < size_; ++k) {
            batch_.push_back(static_cast<std::uint32_t>((t * size_ + k) * 7919 % rows_));
        }
        return batch_;
    }
    std::int64_t documents_before(std::int64_t t) const override { return t * size_; }
    std::int64_t batches() const override { return 400; }

private:
    std::int64_t size_;
    std::int64_t rows_;
    std::vector<std::uint32_t> batch_;
};

data::Rows read_all(const std::string& name, const std::string& category) {
    io::Dataset dataset(name);
    const io::Labelling labelling = dataset.labelling(category);
    data::Rows all;
    io::RowBlock block;
    for (std::int64_t row = 0; row < dataset.rows();) {
        row = dataset.read_block(row, dataset.rows(), labelling, block);
        for (std::int64_t i = 0; i < block.rows.size(); ++i) {
            all.append(block.rows.row(i), block.rows.label(i));
        }
    }
    return all;
}

const std::map<std::string, model::Regularizer> kRegularizers{
    {"seed", model::Regularizer::seed},
    {"scalar", model::Regularizer::scalar},
    {"hogwild", model::Regularizer::hogwild},
    {"l2", model::Regularizer::l2},
    {"none", model::Regularizer::none}};

struct Case {
    const char* regularizer;
    const char* strategy;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.regularizer << ", " << c.strategy; }

class golden : public ::testing::TestWithParam<Case> {};

TEST_P(golden, trajectory) {
    const std::string work = SAMPLE_WORK;
    if (!std::filesystem::exists(GOLDEN_FILE) ||
        !std::filesystem::exists(work + "/train_in_order.h5")) {
        GTEST_SKIP() << "no reference trajectories or no RCV1 sample";
    }
    io::initialise_hdf5();
    const json reference = json::parse(std::ifstream(GOLDEN_FILE));
    const data::Rows rows = read_all(work + "/train_in_order.h5", "CCAT");
    const data::Rows test_rows = read_all(work + "/test.h5", "CCAT");

    model::Objective objective;
    objective.regularizer = kRegularizers.at(GetParam().regularizer);
    objective.lambda = reference.at("lambda");
    objective.shape.features = 47236;
    if (objective.regularizer == model::Regularizer::hogwild) {
        objective.inverse_degree.assign(objective.shape.inputs(), 0.0);
        const data::FeatureCounts degrees =
            io::Dataset(work + "/train_in_order.h5").feature_counts();
        for (std::size_t k = 0; k < degrees.size(); ++k) {
            objective.inverse_degree[degrees.column[k]] =
                1.0 / static_cast<double>(degrees.count[k]);
        }
        objective.inverse_degree.back() = 1.0 / static_cast<double>(rows.size());
    }
    GoldenBatches batches(reference.at("batch_size"), rows.size());
    const mpi::Communicators comms(MPI_COMM_WORLD);
    const model::TrainingRows training = rows;
    const train::TrainingContext context{
        objective,
        training,
        batches,
        {model::StepSchedule::Kind::constant, reference.at("learning_rate"), objective.lambda},
        {objective, false, train::Precision::double_, training, rows.size(), comms.world()},
        rows.size(),
        1.0};
    const auto strategy =
        train::strategy_info(GetParam().strategy).make(train::Precision::double_, context, comms);

    // The reference reports the seed paper's loss for the scalar run too.
    model::Objective reported = objective;
    if (objective.regularizer == model::Regularizer::scalar) {
        reported.regularizer = model::Regularizer::seed;
    }
    const auto near = [](double got, const json& wanted, const char* what, const json& at) {
        const double expected = wanted;
        EXPECT_NEAR(got, expected, 1e-9 * std::abs(expected)) << what << " after " << at;
    };
    std::vector<double> w(objective.shape.size());
    for (const json& point : reference.at("runs").at(GetParam().regularizer)) {
        const json& at = point.at("iterations");
        strategy->run(at);
        strategy->quiesce();
        strategy->weights(w);
        const model::Metrics train = reference::metrics(reported, w, rows);
        const model::Metrics test = reference::metrics(reported, w, test_rows);
        near(train.objective, point.at("train_objective"), "train objective", at);
        near(test.objective, point.at("test_objective"), "test objective", at);
        near(train.loss, point.at("train_hinge"), "train hinge loss", at);
        near(test.loss, point.at("test_hinge"), "test hinge loss", at);
        EXPECT_EQ(train.accuracy, point.at("train_accuracy").get<double>()) << "after " << at;
        EXPECT_EQ(test.accuracy, point.at("test_accuracy").get<double>()) << "after " << at;
        double norm2 = 0.0;
        for (const double v : w) norm2 += v * v;
        near(std::sqrt(norm2), point.at("norm2"), "norm", at);
        EXPECT_EQ(std::ranges::count_if(w, [](double v) { return v != 0.0; }),
                  point.at("nonzero").get<std::int64_t>())
            << "after " << at;
        for (const auto& [component, value] : point.at("weights").items()) {
            const std::size_t u =
                component == "0" ? objective.shape.features : std::stoul(component) - 1;
            EXPECT_NEAR(w[u], value.get<double>(), 1e-6)
                << "weight " << component << " after " << at;
        }
    }
    strategy->close();
}

INSTANTIATE_TEST_SUITE_P(on_sample, golden,
                         ::testing::Values(Case{"seed", "sequential"}, Case{"scalar", "sequential"},
                                           Case{"hogwild", "sequential"}, Case{"l2", "sequential"},
                                           Case{"none", "sequential"}, Case{"seed", "lock-free"},
                                           Case{"l2", "lock-free"}, Case{"seed", "locked"},
                                           Case{"l2", "locked"}),
                         [](const auto& instance) {
                             std::string name = std::string(instance.param.regularizer) + "_" +
                                                instance.param.strategy;
                             std::ranges::replace(name, '-', '_');
                             return name;
                         });

}  // namespace
}  // namespace hogwild
