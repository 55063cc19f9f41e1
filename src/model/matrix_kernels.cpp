#include "model/matrix_kernels.hpp"

#include <array>
#include <utility>

#include "model/kernels.hpp"

#if !defined(__has_feature)
#define __has_feature(x) 0
#endif
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__) && !__has_feature(thread_sanitizer)
#define HOGWILD_VECTOR_ASSEMBLY 1
#else
#define HOGWILD_VECTOR_ASSEMBLY 0
#endif

namespace hogwild::model {
namespace {

// The twin of the vectors, for every processor: single floats by relaxed atomics.
#define KERNELS_NAMESPACE single
#define KERNELS_TARGET
#define KERNELS_LANES 1
#define KERNELS_LOAD(vector, pointer) (vector)[0] = model::load(*(pointer))
#define KERNELS_STORE(vector, pointer) model::store(*(pointer), (vector)[0])
#define KERNELS_MOST 8
#include "model/matrix_kernels.inc"

#if HOGWILD_VECTOR_ASSEMBLY
#define KERNELS_NAMESPACE sse
#define KERNELS_TARGET
#define KERNELS_LANES 4
#define KERNELS_LOAD(vector, pointer) \
    __asm__("movaps %1, %0" : "=x"(vector) : "m"(*reinterpret_cast<const Lanes*>(pointer)))
#define KERNELS_STORE(vector, pointer) \
    __asm__("movaps %1, %0" : "=m"(*reinterpret_cast<Lanes*>(pointer)) : "x"(vector))
#define KERNELS_MOST 8
#include "model/matrix_kernels.inc"

#define KERNELS_NAMESPACE avx2
#define KERNELS_TARGET [[gnu::target("avx2,fma")]]
#define KERNELS_LANES 8
#define KERNELS_LOAD(vector, pointer) \
    __asm__("vmovaps %1, %0" : "=x"(vector) : "m"(*reinterpret_cast<const Lanes*>(pointer)))
#define KERNELS_STORE(vector, pointer) \
    __asm__("vmovaps %1, %0" : "=m"(*reinterpret_cast<Lanes*>(pointer)) : "x"(vector))
#define KERNELS_MOST 8
#include "model/matrix_kernels.inc"

#define KERNELS_NAMESPACE avx512
#define KERNELS_TARGET [[gnu::target("avx512f")]]
#define KERNELS_LANES 16
#define KERNELS_LOAD(vector, pointer) \
    __asm__("vmovaps %1, %0" : "=v"(vector) : "m"(*reinterpret_cast<const Lanes*>(pointer)))
#define KERNELS_STORE(vector, pointer) \
    __asm__("vmovaps %1, %0" : "=m"(*reinterpret_cast<Lanes*>(pointer)) : "v"(vector))
#define KERNELS_MOST 16
#include "model/matrix_kernels.inc"
#endif

}  // namespace

template <class Index>
std::span<const MatrixKernels<Index>> all_matrix_kernels() noexcept {
#if HOGWILD_VECTOR_ASSEMBLY
    static const std::array<MatrixKernels<Index>, 4> all{
        {{"single floats", single::scores<Index>, single::add<Index>},
         {"SSE", sse::scores<Index>, sse::add<Index>},
         {"AVX2", avx2::scores<Index>, avx2::add<Index>},
         {"AVX-512", avx512::scores<Index>, avx512::add<Index>}}};
    static const std::size_t available = []() -> std::size_t {
        if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return 2;
        return __builtin_cpu_supports("avx512f") ? 4 : 3;
    }();
    return std::span(all).first(available);
#else
    static const std::array<MatrixKernels<Index>, 1> all{
        {{"single floats", single::scores<Index>, single::add<Index>}}};
    return all;
#endif
}

template <class Index>
const MatrixKernels<Index>& matrix_kernels() noexcept {
    return all_matrix_kernels<Index>().back();
}

template std::span<const MatrixKernels<std::uint16_t>> all_matrix_kernels() noexcept;
template std::span<const MatrixKernels<std::uint32_t>> all_matrix_kernels() noexcept;
template const MatrixKernels<std::uint16_t>& matrix_kernels() noexcept;
template const MatrixKernels<std::uint32_t>& matrix_kernels() noexcept;

}  // namespace hogwild::model
