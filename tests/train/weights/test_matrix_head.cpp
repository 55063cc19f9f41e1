// Private rows of a weight matrix.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "data/random.hpp"
#include "model/bfloat16.hpp"
#include "model/matrix_kernels.hpp"
#include "mpi/communicators.hpp"
#include "mpi/shared_window.hpp"
#include "mpi/spin_wait.hpp"
#include "train/weights/matrix_head.hpp"
#include "train/weights/matrix_row.hpp"

namespace hogwild::train {
namespace {

TEST(HeadBlocks, BlocksOfRarerFeaturesAreLongerAndMergedLessOften) {
    EXPECT_EQ(HeadBlocks(0).count(), 1U);
    EXPECT_EQ(HeadBlocks(64).count(), 1U);
    const HeadBlocks blocks(300);
    ASSERT_EQ(blocks.count(), 3U);
    EXPECT_EQ(blocks.features_of(0).end, 64);
    EXPECT_EQ(blocks.features_of(1).begin, 64);
    EXPECT_EQ(blocks.features_of(1).end, 256);
    EXPECT_EQ(blocks.features_of(2).end, 300);
    for (std::size_t block = 0; block < 3; ++block) {
        int merges = 0;
        for (std::size_t merge = 0; merge < 16; ++merge) {
            merges += HeadBlocks::due(block, merge, 1) ? 1 : 0;
        }
        EXPECT_EQ(merges, 16 >> block);
    }
}

template <class W>
class MatrixHeadTest : public ::testing::Test {
protected:
    static constexpr std::size_t kInputs = 400;
    static constexpr std::size_t kStride = 2 * model::kGroupOutputs;

    void TearDown() override {
        shared_.close();
        shared_bias_.close();
        comms_.close();
    }
    void sync() { shared_.sync(); }
    /// Noise of this rank's next merge.
    std::uint32_t noise() { return static_cast<std::uint32_t>(random_.bits(drawn_++) >> 32U); }
    void add(MatrixHead<W>& head, std::size_t row, std::size_t output, float change) {
        W& weight = head.rows()[row * kStride + output];
        set(weight, value_of(weight) + change, noise() >> 16U);
    }
    float shared(std::size_t row, std::size_t output) {
        return value_of(shared_.span()[row * kStride + output]);
    }
    mpi::Communicators comms_{MPI_COMM_WORLD, false, 1};
    mpi::SharedWindow<W> shared_{comms_.group(), kInputs* kStride};
    mpi::SharedWindow<float> shared_bias_{comms_.group(), kStride};
    data::CounterRandom random_{3, 1, comms_.rank()};
    std::uint64_t drawn_ = 0;
};
using Weights = ::testing::Types<float, model::Bfloat16>;
TYPED_TEST_SUITE(MatrixHeadTest, Weights);

/// Ranks change the same weights and merge at the same time: all changes add up.
TYPED_TEST(MatrixHeadTest, MergesLoseNothing) {
    for (const std::size_t features : {1U, 70U, 400U}) {
        MatrixHead<TypeParam> head(features, this->kStride, this->comms_);
        head.reload(this->shared_.span(), this->shared_bias_.span());
        this->sync();
        // a Bfloat16 holds all whole numbers up to 256
        const int times = 80 / this->comms_.size();
        for (int k = 0; k < times; ++k) {
            for (std::size_t row = 0; row < features; ++row) {
                this->add(head, row, 3, 1.0F);
                if (k % 2 == 0) this->add(head, row, 20, -1.0F);
            }
            head.bias()[5] += 1.0F;
            head.merge(this->shared_.span(), this->noise());
            head.try_merge_bias(this->shared_bias_.span());
        }
        head.flush(this->shared_.span(), this->noise());
        mpi::spin_until([&] { return head.try_merge_bias(this->shared_bias_.span()); });
        this->sync();
        const auto all = static_cast<float>(times * this->comms_.size());
        const auto half = static_cast<float>((times + 1) / 2 * this->comms_.size());
        for (std::size_t row = 0; row < features; ++row) {
            EXPECT_EQ(this->shared(row, 3), all) << "row " << row << " of " << features;
            EXPECT_EQ(this->shared(row, 20), -half);
            EXPECT_EQ(this->shared(row, 4), 0.0F);
        }
        EXPECT_EQ(this->shared_bias_.span()[5], all);
        // after the last merge of all, every rank sees all changes
        head.flush(this->shared_.span(), this->noise());
        EXPECT_EQ(value_of(head.rows()[3]), all);
        this->sync();
        if (this->comms_.is_leader()) {
            std::ranges::fill(this->shared_.span(), TypeParam{});
            std::ranges::fill(this->shared_bias_.span(), 0.0F);
        }
        this->sync();
        head.close();
    }
}

/// Else a rank that merges more often than another would end with other bits.
TYPED_TEST(MatrixHeadTest, AWeightThatNoOtherRankHasChangedIsNotRounded) {
    if (this->comms_.is_leader()) set(this->shared_.span()[7], 1e8F, 0);
    this->sync();
    MatrixHead<TypeParam> head(1, this->kStride, this->comms_);
    head.reload(this->shared_.span(), this->shared_bias_.span());
    this->sync();
    if (this->comms_.is_leader()) {
        set(head.rows()[7], 0.5F, 0);  // 1e8 + (0.5 - 1e8) is 0
        head.flush(this->shared_.span(), this->noise());
    }
    this->sync();
    EXPECT_EQ(this->shared(0, 7), 0.5F);
    head.close();
}

/// A rank multiplies its copies by the factor of the shared weights: unmerged changes, too.
TYPED_TEST(MatrixHeadTest, ChangesBeforeAMaterializationAreMultiplied) {
    constexpr std::size_t kHead = 100;
    MatrixHead<TypeParam> head(kHead, this->kStride, this->comms_);
    head.reload(this->shared_.span(), this->shared_bias_.span());
    this->sync();
    this->add(head, 7, 1, 8.0F);
    head.bias()[1] += 8.0F;
    head.flush(this->shared_.span(), this->noise());
    mpi::spin_until([&] { return head.try_merge_bias(this->shared_bias_.span()); });
    this->sync();
    this->add(head, 7, 1, 4.0F);
    head.bias()[1] += 4.0F;
    const std::vector<float> factors(this->kStride, 0.5F);
    if (this->comms_.is_leader()) {
        for (std::size_t row = 0; row < this->kInputs; ++row) {
            multiply_row<TypeParam>(
                this->shared_.span().subspan(row * this->kStride, this->kStride), factors, 0);
        }
        multiply_row<float>(this->shared_bias_.span(), factors, 0);
    }
    head.multiply(factors, 0);
    this->sync();
    head.flush(this->shared_.span(), this->noise());
    mpi::spin_until([&] { return head.try_merge_bias(this->shared_bias_.span()); });
    this->sync();
    const auto expected = static_cast<float>(6 * this->comms_.size());
    EXPECT_EQ(this->shared(7, 1), expected);
    EXPECT_EQ(this->shared_bias_.span()[1], expected);
    EXPECT_EQ(this->shared(8, 1), 0.0F);
    this->sync();
    head.close();
}

/// Rounding is right on average: small changes of a large weight add up, though most merges change
/// no bit of it.
TEST(MatrixHead, SmallChangesOfBfloat16AddUp) {
    mpi::Communicators comms(MPI_COMM_WORLD, false, 1);
    constexpr std::size_t kStride = model::kGroupOutputs;
    constexpr std::size_t kRows = 64;
    mpi::SharedWindow<model::Bfloat16> shared(comms.group(), kRows * kStride);
    const std::vector<float> no_bias(kStride);
    if (comms.is_leader()) std::ranges::fill(shared.span(), model::nearest(256.0F));
    shared.sync();
    MatrixHead<model::Bfloat16> head(kRows, kStride, comms);
    head.reload(shared.span(), no_bias);
    shared.sync();
    const data::CounterRandom random(5, 1, comms.rank());
    std::uint64_t drawn = 0;
    const auto noise = [&] { return static_cast<std::uint32_t>(random.bits(drawn++) >> 32U); };
    constexpr int kTimes = 200;
    for (int k = 0; k < kTimes; ++k) {
        for (model::Bfloat16& w : head.rows()) {
            w = model::rounded(w.value() + 0.125F, noise() >> 16U);
        }
        head.merge(shared.span(), noise());
    }
    head.flush(shared.span(), noise());
    shared.sync();
    double sum = 0.0;
    for (const model::Bfloat16 w : shared.span()) sum += static_cast<double>(w.value()) - 256.0;
    const double expected = 0.125 * kTimes * comms.size();
    EXPECT_NEAR(sum / static_cast<double>(kRows * kStride) / expected, 1.0, 0.1);
    shared.sync();
    head.close();
    shared.close();
    comms.close();
}

}  // namespace
}  // namespace hogwild::train
