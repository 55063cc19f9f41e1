#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "data/large_page_allocator.hpp"
#include "data/random.hpp"
#include "model/matrix_kernels.hpp"

namespace hogwild::model {
namespace {

template <class Weight>
using Lines = std::vector<Weight, data::LargePageAllocator<Weight>>;  // begin at cache lines
using Floats = Lines<float>;

float value_of(float weight) { return weight; }
float value_of(Bfloat16 weight) { return weight.value(); }
void set(float& weight, float value, std::uint32_t /*noise*/) { weight = value; }
void set(Bfloat16& weight, float value, std::uint32_t noise) { weight = rounded(value, noise); }

/// A matrix of random weights, and documents of random entries. All numbers have so few digits that
/// products are exact, so that no kernel rounds differently from another.
template <class Index, class Weight>
struct Problem {
    static constexpr std::size_t kInputs = 300;

    explicit Problem(std::size_t outputs)
        : stride(row_stride(outputs)), weights(kInputs * stride), z(stride), step(stride) {
        for (Weight& w : weights) set(w, next(), 0);
        for (float& a : step) a = next();
    }
    /// A multiple of 1/128 between -1/2 and 1/2.
    float next() { return static_cast<float>(random.below(drawn++, 129)) / 128.0F - 0.5F; }
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
    Lines<Weight> weights;
    Floats z;
    Floats step;
    std::vector<Index> index;
    std::vector<float> value;
};

template <class I, class W>
struct Kind {
    using Index = I;
    using Weight = W;
};
template <class Kind>
class MatrixKernelsTest : public ::testing::Test {
protected:
    using Index = typename Kind::Index;
    using Weight = typename Kind::Weight;
    using Kernels = MatrixKernels<Index, Weight>;
    static std::span<const Kernels> all() { return all_matrix_kernels<Index, Weight>(); }
};
using Kinds = ::testing::Types<Kind<std::uint16_t, float>, Kind<std::uint32_t, float>,
                               Kind<std::uint16_t, Bfloat16>, Kind<std::uint32_t, Bfloat16>>;
TYPED_TEST_SUITE(MatrixKernelsTest, Kinds);

constexpr std::size_t kOutputs[] = {1, 16, 17, 48, 101, 112, 128, 240, 256, 257, 500};
constexpr std::size_t kLengths[] = {0, 1, 2, 77};

TYPED_TEST(MatrixKernelsTest, ScoresAreTheSumsOfPlainLoops) {
    for (const auto& kernels : this->all()) {
        for (const std::size_t outputs : kOutputs) {
            Problem<typename TypeParam::Index, typename TypeParam::Weight> p(outputs);
            for (const std::size_t length : kLengths) {
                p.draw_document(length);
                kernels.scores(p.weights.data(), p.stride, p.document(), p.z.data());
                for (std::size_t o = 0; o < p.stride; ++o) {
                    double sum = 0.0;
                    for (std::size_t k = 0; k < length; ++k) {
                        sum += static_cast<double>(p.value[k]) *
                               static_cast<double>(value_of(p.weights[p.index[k] * p.stride + o]));
                    }
                    ASSERT_NEAR(p.z[o], sum, 1e-5) << kernels.name << ", output " << o << " of "
                                                   << outputs << ", " << length << " entries";
                }
            }
        }
    }
}

/// Features of a document may repeat here: each entry counts. Bit for bit, rounding included.
TYPED_TEST(MatrixKernelsTest, AStepChangesOneGroupOfTheRowsThatOccur) {
    for (const auto& kernels : this->all()) {
        for (const std::size_t outputs : kOutputs) {
            Problem<typename TypeParam::Index, typename TypeParam::Weight> p(outputs);
            for (std::size_t first = 0; first < p.stride; first += kGroupOutputs) {
                p.draw_document(40);
                const auto noise = static_cast<std::uint32_t>(p.random.bits(p.drawn++));
                auto expected = p.weights;
                for (std::size_t k = 0; k < 40; ++k) {
                    for (std::size_t o = first; o < first + kGroupOutputs; ++o) {
                        auto& w = expected[p.index[k] * p.stride + o];
                        set(w, value_of(w) + p.value[k] * p.step[o], noise_of_entry(noise, k));
                    }
                }
                kernels.add(p.weights.data() + first, p.stride, p.document(), p.step.data() + first,
                            noise);
                for (std::size_t i = 0; i < expected.size(); ++i) {
                    ASSERT_EQ(p.weights[i], expected[i])
                        << kernels.name << ", " << outputs << " outputs, row " << i / p.stride
                        << ", output " << i % p.stride << ", group from " << first;
                }
            }
        }
    }
}

TYPED_TEST(MatrixKernelsTest, TheTwinIsThereAndTheFastestIsTheLast) {
    const auto all = this->all();
    EXPECT_STREQ(all.front().name, "single weights");
    const auto& fastest = matrix_kernels<typename TypeParam::Index, typename TypeParam::Weight>();
    EXPECT_EQ(all.back().add, fastest.add);
    EXPECT_EQ(all.size(), all_matrix_kernels<std::uint16_t>().size());
}

TEST(MatrixKernels, RowsBeginAtCacheLines) {
    EXPECT_EQ(row_stride(1), 16U);
    EXPECT_EQ(row_stride(16), 16U);
    EXPECT_EQ(row_stride(101), 112U);
}

/// Threads in place of ranks, so that the thread sanitizer can see races: two threads add to all
/// weights of one group each and read all of them. No change is lost, since none shares a weight.
template <class Weight>
void race() {
    constexpr int kTimes = 256;  // a Bfloat16 holds all whole numbers up to here
    const auto& kernels = matrix_kernels<std::uint16_t, Weight>();
    Problem<std::uint16_t, Weight> p(32);
    p.weights.assign(p.weights.size(), Weight{});
    p.index = {3, 5, 8};
    p.value = {1.0F, 1.0F, 1.0F};
    const auto work = [&](std::size_t first) {
        const Floats ones(kGroupOutputs, 1.0F);
        Floats z(p.stride);
        for (int k = 0; k < kTimes; ++k) {
            kernels.scores(p.weights.data(), p.stride, p.document(), z.data());
            EXPECT_EQ(z[first], 3.0F * static_cast<float>(k));
            kernels.add(p.weights.data() + first, p.stride, p.document(), ones.data(), 77);
        }
    };
    std::thread other(work, kGroupOutputs);
    work(0);
    other.join();
    for (std::size_t o = 0; o < p.stride; ++o) {
        EXPECT_EQ(value_of(p.weights[5 * p.stride + o]), kTimes);
    }
}
TEST(ThreadTwin, MatrixOfFloats) { race<float>(); }
TEST(ThreadTwin, MatrixOfBfloat16) { race<Bfloat16>(); }

}  // namespace
}  // namespace hogwild::model
