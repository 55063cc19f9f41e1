#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <thread>
#include <vector>

#include "data/large_page_allocator.hpp"
#include "data/random.hpp"
#include "model/loss.hpp"
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
                const Floats once = p.z;
                kernels.add_scores(p.weights.data(), p.stride, p.document(), p.z.data());
                for (std::size_t o = 0; o < p.stride; ++o) {
                    ASSERT_NEAR(p.z[o], 2.0F * once[o], 2e-5) << kernels.name;
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

/// Random terms of the steps of a document, by output: margins on both sides of -1 and 1, and what
/// is padding without weight.
struct Terms {
    explicit Terms(std::size_t outputs)
        : stride(row_stride(outputs)), z(stride), bias(z), scale(z), inverse_scale(z), weight(z) {
        sign.assign(stride, -1.0F);
        for (std::size_t o = 0; o < outputs; ++o) {
            z[o] = 8.0F * next();
            bias[o] = next();
            scale[o] = 0.75F + next() / 2.0F;
            inverse_scale[o] = 1.0F / scale[o];
            sign[o] = next() < 0.25F ? -1.0F : 1.0F;
            weight[o] = 0.75F + next();
        }
    }
    /// Between -1/2 and 1/2, with all digits of a float.
    float next() { return static_cast<float>(random.unit(drawn++)) - 0.5F; }
    StepTerms terms() const {
        return {z.data(),    bias.data(),  scale.data(), inverse_scale.data(),
                sign.data(), weight.data()};
    }

    data::CounterRandom random{1, 7};
    std::uint64_t drawn = 0;
    std::size_t stride;
    Floats z, bias, scale, inverse_scale, weight, sign;
};

template <class Loss>
class StepKernelsTest : public ::testing::Test {
protected:
    static constexpr float kRate = 0.3F;
    /// The steps, computed one by one, and the groups with one that is not 0.
    static void expect(const Terms& t, const StepKernel& kernel) {
        Floats a(t.stride, 99.0F);
        std::vector<std::size_t> groups(t.stride / kGroupOutputs);
        groups.resize(kernel.steps(t.terms(), t.stride, kRate, a.data(), groups.data()));
        std::vector<std::size_t> expected;
        for (std::size_t o = 0; o < t.stride; ++o) {
            const volatile float margin = t.sign[o] * t.scale[o] * (t.z[o] + t.bias[o]);
            const float step =
                Loss::slope(float{margin}) * t.sign[o] * t.weight[o] * (kRate * t.inverse_scale[o]);
            ASSERT_EQ(std::bit_cast<std::uint32_t>(a[o]), std::bit_cast<std::uint32_t>(step))
                << kernel.name << ", output " << o << ": " << a[o] << " and " << step;
            const std::size_t first = o / kGroupOutputs * kGroupOutputs;
            if (step != 0.0F && (expected.empty() || expected.back() != first)) {
                expected.push_back(first);
            }
        }
        EXPECT_EQ(groups, expected) << kernel.name;
    }
};
using Losses = ::testing::Types<Hinge, SquaredHinge, Logistic, ModifiedHuber>;
TYPED_TEST_SUITE(StepKernelsTest, Losses);

TYPED_TEST(StepKernelsTest, StepsAreThoseOfThePlainLossBitForBit) {
    for (const auto& kernel : all_step_kernels<TypeParam>()) {
        for (const std::size_t outputs : kOutputs) this->expect(Terms(outputs), kernel);
    }
}

/// Documents with a margin of at least 1 in most outputs, as after some epochs.
TYPED_TEST(StepKernelsTest, GroupsWithoutAStepAreLeftOut) {
    for (const auto& kernel : all_step_kernels<TypeParam>()) {
        Terms t(101);
        for (std::size_t o = 0; o < t.stride; ++o) t.z[o] = t.sign[o] * 200.0F;
        this->expect(t, kernel);
        for (const std::size_t o : {std::size_t{15}, std::size_t{16}, std::size_t{100}}) {
            t.z[o] = 0.0F;
            this->expect(t, kernel);
        }
        t.scale.assign(t.stride, 1.0F);  // margins at the corners of the losses
        t.bias.assign(t.stride, 0.0F);
        for (std::size_t o = 0; o < t.stride; ++o) t.z[o] = o % 2 == 0 ? 1.0F : -1.0F;
        t.z[3] = std::numeric_limits<float>::infinity();
        t.z[4] = -std::numeric_limits<float>::infinity();
        this->expect(t, kernel);
    }
}

TYPED_TEST(StepKernelsTest, TheTwinIsThereAndTheFastestIsTheLast) {
    const auto all = all_step_kernels<TypeParam>();
    EXPECT_STREQ(all.front().name, "single weights");
    EXPECT_EQ(all.back().steps, step_kernel<TypeParam>().steps);
    EXPECT_EQ(all.size(), all_matrix_kernels<std::uint16_t>().size());
}

TEST(MatrixKernels, RowsBeginAtCacheLines) {
    EXPECT_EQ(row_stride(1), 16U);
    EXPECT_EQ(row_stride(16), 16U);
    EXPECT_EQ(row_stride(101), 112U);
    EXPECT_EQ(row_stride(240), 240U);
    EXPECT_EQ(row_stride(241), 272U) << "256 would be a power of two";
    EXPECT_EQ(row_stride(505), 528U);
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
