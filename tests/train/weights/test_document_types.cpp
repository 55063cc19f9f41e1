// Every combination of loss, precision of the weights and width of the indices that lock-free
// trains document by document, against its plain twin: sequential SGD on plain rows in double.
#include <cmath>
#include <string>

#include "train/strategy_test.hpp"

namespace hogwild::train {
namespace {

using model::LossKind;
using model::Regularizer;

constexpr std::uint32_t kTypedFeatures = 60;
/// Ids that 16 bits do not hold.
constexpr std::uint32_t kWide = 70'000;

struct Types {
    LossKind loss;
    Precision precision;
    std::uint32_t first_feature;
    std::int64_t batch_size;
};

class DocumentTypes : public StrategyTest, public ::testing::WithParamInterface<Types> {
protected:
    /// The same rows with every feature's id larger by `first`.
    static data::Rows rows_from(std::uint32_t first) {
        const data::Rows plain = reference::random_rows(400, kTypedFeatures, 8);
        data::Rows rows;
        for (std::int64_t i = 0; i < plain.size(); ++i) {
            const data::SparseRow x = plain.row(i);
            std::vector<std::uint32_t> index(x.index.begin(), x.index.end());
            for (std::uint32_t& u : index) u += first;
            rows.append({index, x.value}, plain.label(i));
        }
        return rows;
    }
};

TEST_P(DocumentTypes, LockFreeIsSequentialOnOneRank) {
    if (comms_.size() > 1) return;
    const Types types = GetParam();
    const data::Rows rows = rows_from(types.first_feature);
    model::Objective o =
        make_objective(Regularizer::none, rows, std::size_t{types.first_feature} + kTypedFeatures);
    o.loss = types.loss;
    Setting s{.strategy = "sequential", .batch_size = types.batch_size, .epochs = 3};
    const std::vector<double> expected = train(s, o, rows);
    s.strategy = "lock-free";
    s.precision = types.precision;
    const double tolerance = types.precision == Precision::double_ ? 1e-12 : 2e-4;
    for (const std::size_t head : {std::size_t{0}, std::size_t{20}}) {
        s.hot_head_plan = {true, head, 16};
        const std::vector<double> got = train(s, o, rows);
        ASSERT_EQ(got.size(), expected.size());
        for (std::size_t u = 0; u < got.size(); ++u) {
            ASSERT_NEAR(got[u], expected[u], tolerance) << "weight " << u << ", head " << head;
        }
    }
}

TEST_P(DocumentTypes, GoesOnFromTheMiddleAsSnapshotsSawIt) {
    if (comms_.size() > 1) return;
    const Types types = GetParam();
    const data::Rows rows = rows_from(types.first_feature);
    model::Objective o =
        make_objective(Regularizer::none, rows, std::size_t{types.first_feature} + kTypedFeatures);
    o.loss = types.loss;
    o.bias = false;
    Setting s{.strategy = "lock-free",
              .precision = types.precision,
              .batch_size = types.batch_size,
              .epochs = 2,
              .hot_head_plan = {true, 20, 16}};
    const std::int64_t half = (rows.size() + s.batch_size - 1) / s.batch_size;
    Snapshots snapshots(half, 1, o.shape.size());
    s.snapshots = &snapshots;
    const std::vector<double> unbroken = train(s, o, rows);
    ASSERT_EQ(snapshots.taken().size(), 1U);
    const std::vector<double>& seen = snapshots.taken()[0].weights;

    s.snapshots = nullptr;
    with(strategy_info(s.strategy), s, o, rows, [&](const Make& make, std::int64_t last) {
        std::vector<double> w(o.shape.size());
        const auto first = make();
        first->run(half);
        first->quiesce();
        first->weights(w);
        first->close();
        EXPECT_EQ(w, seen);
        const auto second = make();
        second->resume(half, w, RestoredState(comms_.world(), {}, {}, {}, true, {}));
        second->run(last);
        second->quiesce();
        second->weights(w);
        second->close();
        EXPECT_EQ(w, unbroken);
        EXPECT_EQ(w[o.shape.bias()], 0.0);
    });
}

std::vector<Types> all_types() {
    std::vector<Types> all;
    for (const LossKind loss :
         {LossKind::hinge, LossKind::squared_hinge, LossKind::logistic, LossKind::modified_huber}) {
        for (const Precision precision : {Precision::single_, Precision::double_}) {
            for (const std::uint32_t first : {0U, kWide}) {
                for (const std::int64_t batch : {1, 3})
                    all.push_back({loss, precision, first, batch});
            }
        }
    }
    return all;
}

std::string name_of(const ::testing::TestParamInfo<Types>& info) {
    const Types& types = info.param;
    const char* const names[] = {"Hinge", "SquaredHinge", "Logistic", "ModifiedHuber"};
    return std::string(names[static_cast<std::size_t>(types.loss)]) +
           (types.precision == Precision::double_ ? "Double" : "Float") +
           (types.first_feature > 0 ? "Wide" : "Narrow") + "Batch" +
           std::to_string(types.batch_size);
}
INSTANTIATE_TEST_SUITE_P(All, DocumentTypes, ::testing::ValuesIn(all_types()), name_of);

}  // namespace
}  // namespace hogwild::train
