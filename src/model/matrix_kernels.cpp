#include "model/matrix_kernels.hpp"

#include <array>
#include <bit>
#include <utility>

#include "model/kernels.hpp"
#include "model/loss.hpp"

#if !defined(__has_feature)
#define __has_feature(x) 0
#endif
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__) && !__has_feature(thread_sanitizer)
#define HOGWILD_VECTOR_ASSEMBLY 1
#include <immintrin.h>
#else
#define HOGWILD_VECTOR_ASSEMBLY 0
#endif

namespace hogwild::model {
namespace {

// The twin of the vectors, for every processor: single weights by relaxed atomics.
#define KERNELS_NAMESPACE single
#define KERNELS_TARGET
#define KERNELS_LANES 1
#define KERNELS_LOAD(vector, pointer) (vector)[0] = model::load(*(pointer))
#define KERNELS_STORE(vector, pointer) model::store(*(pointer), (vector)[0])
#define KERNELS_LOAD_BITS(vector, pointer) (vector)[0] = model::load((pointer)->bits)
#define KERNELS_STORE_BITS(vector, pointer) \
    model::store((pointer)->bits, static_cast<std::uint16_t>((vector)[0]))
#define KERNELS_ANY(bits) ((bits)[0] != 0)
#define KERNELS_MOST 8
#include "model/matrix_kernels.inc"

#if HOGWILD_VECTOR_ASSEMBLY
#define LOAD_BY(instruction, vector, Type, pointer) \
    __asm__(instruction " %1, %0" : "=v"(vector) : "m"(*reinterpret_cast<const Type*>(pointer)))
// NOLINTBEGIN(bugprone-macro-parentheses): a type
#define STORE_BY(instruction, vector, Type, pointer) \
    __asm__(instruction " %1, %0" : "=m"(*reinterpret_cast<Type*>(pointer)) : "v"(vector))
// NOLINTEND(bugprone-macro-parentheses)

#define KERNELS_NAMESPACE sse
#define KERNELS_TARGET
#define KERNELS_LANES 4
#define KERNELS_LOAD(vector, pointer) LOAD_BY("movaps", vector, Lanes, pointer)
#define KERNELS_STORE(vector, pointer) STORE_BY("movaps", vector, Lanes, pointer)
// Clang keeps 8 bytes in no vector register.
#define KERNELS_LOAD_BITS(vector, pointer)                                                \
    std::uint64_t word = 0;                                                               \
    __asm__("movq %1, %0" : "=r"(word) : "m"(*reinterpret_cast<const Halves*>(pointer))); \
    (vector) = __builtin_convertvector(std::bit_cast<Halves>(word), Bits)
#define KERNELS_STORE_BITS(vector, pointer)                        \
    const Halves halves = __builtin_convertvector(vector, Halves); \
    __asm__("movq %1, %0"                                          \
            : "=m"(*reinterpret_cast<Halves*>(pointer))            \
            : "r"(std::bit_cast<std::uint64_t>(halves)))
#define KERNELS_ANY(bits)                                                                        \
    (_mm_movemask_epi8(_mm_cmpeq_epi32(reinterpret_cast<__m128i>(bits), _mm_setzero_si128())) != \
     0xFFFF)
#define KERNELS_MOST 8
#include "model/matrix_kernels.inc"

#define KERNELS_NAMESPACE avx2
#define KERNELS_TARGET [[gnu::target("avx2,fma")]]
#define KERNELS_LANES 8
#define KERNELS_LOAD(vector, pointer) LOAD_BY("vmovaps", vector, Lanes, pointer)
#define KERNELS_STORE(vector, pointer) STORE_BY("vmovaps", vector, Lanes, pointer)
#define KERNELS_LOAD_BITS(vector, pointer) LOAD_BY("vpmovzxwd", vector, Halves, pointer)
#define KERNELS_STORE_BITS(vector, pointer)                        \
    const Halves halves = __builtin_convertvector(vector, Halves); \
    STORE_BY("vmovdqa", halves, Halves, pointer)
#define KERNELS_ANY(bits) \
    (_mm256_testz_si256(reinterpret_cast<__m256i>(bits), reinterpret_cast<__m256i>(bits)) == 0)
#define KERNELS_MOST 8
#include "model/matrix_kernels.inc"

#define KERNELS_NAMESPACE avx512
#define KERNELS_TARGET [[gnu::target("avx512f")]]
#define KERNELS_LANES 16
#define KERNELS_LOAD(vector, pointer) LOAD_BY("vmovaps", vector, Lanes, pointer)
#define KERNELS_STORE(vector, pointer) STORE_BY("vmovaps", vector, Lanes, pointer)
#define KERNELS_LOAD_BITS(vector, pointer) LOAD_BY("vpmovzxwd", vector, Halves, pointer)
#define KERNELS_STORE_BITS(vector, pointer) STORE_BY("vpmovdw", vector, Halves, pointer)
#define KERNELS_ANY(bits) \
    (_mm512_test_epi32_mask(reinterpret_cast<__m512i>(bits), reinterpret_cast<__m512i>(bits)) != 0)
#define KERNELS_MOST 16
#include "model/matrix_kernels.inc"

#undef LOAD_BY
#undef STORE_BY
#endif

#if HOGWILD_VECTOR_ASSEMBLY
/// How many kinds of vectors this processor has, from single ones on.
std::size_t available() noexcept {
    static const std::size_t kinds = []() -> std::size_t {
        if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return 2;
        return __builtin_cpu_supports("avx512f") ? 4 : 3;
    }();
    return kinds;
}
#endif

}  // namespace

template <class Index, class Weight>
std::span<const MatrixKernels<Index, Weight>> all_matrix_kernels() noexcept {
#if HOGWILD_VECTOR_ASSEMBLY
    static const std::array<MatrixKernels<Index, Weight>, 4> all{
        {{"single weights", single::scores<false, Index, Weight>,
          single::scores<true, Index, Weight>, single::add<Index, Weight>},
         {"SSE", sse::scores<false, Index, Weight>, sse::scores<true, Index, Weight>,
          sse::add<Index, Weight>},
         {"AVX2", avx2::scores<false, Index, Weight>, avx2::scores<true, Index, Weight>,
          avx2::add<Index, Weight>},
         {"AVX-512", avx512::scores<false, Index, Weight>, avx512::scores<true, Index, Weight>,
          avx512::add<Index, Weight>}}};
    return std::span(all).first(available());
#else
    static const std::array<MatrixKernels<Index, Weight>, 1> all{
        {{"single weights", single::scores<false, Index, Weight>,
          single::scores<true, Index, Weight>, single::add<Index, Weight>}}};
    return all;
#endif
}

template <class Loss>
std::span<const StepKernel> all_step_kernels() noexcept {
#if HOGWILD_VECTOR_ASSEMBLY
    static const std::array<StepKernel, 4> all{{{"single weights", single::steps<Loss>},
                                                {"SSE", sse::steps<Loss>},
                                                {"AVX2", avx2::steps<Loss>},
                                                {"AVX-512", avx512::steps<Loss>}}};
    return std::span(all).first(available());
#else
    static const std::array<StepKernel, 1> all{{{"single weights", single::steps<Loss>}}};
    return all;
#endif
}

template <class Index, class Weight>
const MatrixKernels<Index, Weight>& matrix_kernels() noexcept {
    return all_matrix_kernels<Index, Weight>().back();
}

template <class Loss>
const StepKernel& step_kernel() noexcept {
    return all_step_kernels<Loss>().back();
}

template std::span<const MatrixKernels<std::uint16_t, float>> all_matrix_kernels() noexcept;
template std::span<const MatrixKernels<std::uint32_t, float>> all_matrix_kernels() noexcept;
template std::span<const MatrixKernels<std::uint16_t, Bfloat16>> all_matrix_kernels() noexcept;
template std::span<const MatrixKernels<std::uint32_t, Bfloat16>> all_matrix_kernels() noexcept;
template const MatrixKernels<std::uint16_t, float>& matrix_kernels() noexcept;
template const MatrixKernels<std::uint32_t, float>& matrix_kernels() noexcept;
template const MatrixKernels<std::uint16_t, Bfloat16>& matrix_kernels() noexcept;
template const MatrixKernels<std::uint32_t, Bfloat16>& matrix_kernels() noexcept;
template std::span<const StepKernel> all_step_kernels<Hinge>() noexcept;
template std::span<const StepKernel> all_step_kernels<SquaredHinge>() noexcept;
template std::span<const StepKernel> all_step_kernels<Logistic>() noexcept;
template std::span<const StepKernel> all_step_kernels<ModifiedHuber>() noexcept;
template const StepKernel& step_kernel<Hinge>() noexcept;
template const StepKernel& step_kernel<SquaredHinge>() noexcept;
template const StepKernel& step_kernel<Logistic>() noexcept;
template const StepKernel& step_kernel<ModifiedHuber>() noexcept;

}  // namespace hogwild::model
