#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "data/large_page_allocator.hpp"
#include "data/random.hpp"
#include "model/matrix_kernels.hpp"

namespace hogwild::model {
namespace {

using Floats = std::vector<float, data::LargePageAllocator<float>>;

/// A matrix of random weights, and documents of random entries.
template <class Index>
struct Problem {
    static constexpr std::size_t kInputs = 300;

    explicit Problem(std::size_t outputs)
        : stride(row_stride(outputs)), weights(kInputs * stride), z(stride), step(stride) {
        for (float& w : weights) w = next();
        for (float& a : step) a = next();
    }
    float next() { return static_cast<float>(random.unit(drawn++) - 0.5); }
    void draw_document(std::size_t entries) {
        index.clear();
        value.clear();
        for (std::size_t k = 0; k < entries; ++k) {
            index.push_back(static_cast<Index>(random.below(drawn++, kInputs)));
            value.push_back(next());
        }
    }
    MatrixEntries<Index> document() const { return {index, value}; }

    data::CounterRandom random{1, 5};
    std::uint64_t drawn = 0;
    std::size_t stride;
    Floats weights;
    Floats z;
    Floats step;
    std::vector<Index> index;
    std::vector<float> value;
};

template <class Index>
class MatrixKernelsTest : public ::testing::Test {};
using Indices = ::testing::Types<std::uint16_t, std::uint32_t>;
TYPED_TEST_SUITE(MatrixKernelsTest, Indices);

constexpr std::size_t kOutputs[] = {1, 16, 17, 48, 101, 112, 128, 240, 256, 257, 500};
constexpr std::size_t kLengths[] = {0, 1, 2, 77};

TYPED_TEST(MatrixKernelsTest, ScoresAreTheSumsOfPlainLoops) {
    for (const MatrixKernels<TypeParam>& kernels : all_matrix_kernels<TypeParam>()) {
        for (const std::size_t outputs : kOutputs) {
            Problem<TypeParam> p(outputs);
            for (const std::size_t length : kLengths) {
                p.draw_document(length);
                kernels.scores(p.weights.data(), p.stride, p.document(), p.z.data());
                for (std::size_t o = 0; o < p.stride; ++o) {
                    double sum = 0.0;
                    for (std::size_t k = 0; k < length; ++k) {
                        sum += static_cast<double>(p.value[k]) *
                               static_cast<double>(p.weights[p.index[k] * p.stride + o]);
                    }
                    ASSERT_NEAR(p.z[o], sum, 1e-5) << kernels.name << ", output " << o << " of "
                                                   << outputs << ", " << length << " entries";
                }
            }
        }
    }
}

/// Features of a document may repeat here: each entry counts.
TYPED_TEST(MatrixKernelsTest, AStepChangesOneGroupOfTheRowsThatOccur) {
    for (const MatrixKernels<TypeParam>& kernels : all_matrix_kernels<TypeParam>()) {
        for (const std::size_t outputs : kOutputs) {
            Problem<TypeParam> p(outputs);
            for (std::size_t first = 0; first < p.stride; first += kGroupOutputs) {
                p.draw_document(40);
                Floats expected = p.weights;
                for (std::size_t k = 0; k < 40; ++k) {
                    for (std::size_t o = first; o < first + kGroupOutputs; ++o) {
                        expected[p.index[k] * p.stride + o] += p.value[k] * p.step[o];
                    }
                }
                kernels.add(p.weights.data() + first, p.stride, p.document(),
                            p.step.data() + first);
                for (std::size_t i = 0; i < expected.size(); ++i) {
                    ASSERT_NEAR(p.weights[i], expected[i], 1e-6)
                        << kernels.name << ", " << outputs << " outputs, row " << i / p.stride
                        << ", output " << i % p.stride << ", group from " << first;
                }
            }
        }
    }
}

TEST(MatrixKernels, TheTwinIsThereAndTheFastestIsTheLast) {
    const auto all = all_matrix_kernels<std::uint16_t>();
    EXPECT_STREQ(all.front().name, "single floats");
    EXPECT_STREQ(all.back().name, matrix_kernels<std::uint16_t>().name);
    EXPECT_EQ(all.size(), all_matrix_kernels<std::uint32_t>().size());
}

TEST(MatrixKernels, RowsBeginAtCacheLines) {
    EXPECT_EQ(row_stride(1), 16U);
    EXPECT_EQ(row_stride(16), 16U);
    EXPECT_EQ(row_stride(101), 112U);
}

/// Threads in place of ranks, so that the thread sanitizer can see races: two threads add to all
/// weights of one group each and read all of them. No change is lost, since none shares a weight.
TEST(MatrixKernels, ThreadsMayReadWhatOthersChange) {
    constexpr int kTimes = 2000;
    const MatrixKernels<std::uint16_t>& kernels = matrix_kernels<std::uint16_t>();
    Problem<std::uint16_t> p(32);
    p.weights.assign(p.weights.size(), 0.0F);
    p.index = {3, 5, 8};
    p.value = {1.0F, 1.0F, 1.0F};
    const auto work = [&](std::size_t first) {
        const Floats ones(kGroupOutputs, 1.0F);
        Floats z(p.stride);
        for (int k = 0; k < kTimes; ++k) {
            kernels.scores(p.weights.data(), p.stride, p.document(), z.data());
            EXPECT_EQ(z[first], 3.0F * static_cast<float>(k));
            kernels.add(p.weights.data() + first, p.stride, p.document(), ones.data());
        }
    };
    std::thread other(work, kGroupOutputs);
    work(0);
    other.join();
    for (std::size_t o = 0; o < p.stride; ++o) EXPECT_EQ(p.weights[5 * p.stride + o], kTimes);
}

}  // namespace
}  // namespace hogwild::model
