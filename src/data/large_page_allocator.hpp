#pragma once
#include <sys/mman.h>

#include <cstddef>
#include <cstdlib>
#include <new>

namespace hogwild::data {

/// For arrays that are read in random order. Requests large pages, which save most page-table
/// walks.
template <class T>
struct LargePageAllocator {
    using value_type = T;
    static constexpr std::size_t kPage = std::size_t{2} << 20;  // bytes

    LargePageAllocator() = default;
    template <class U>
    explicit(false) LargePageAllocator(const LargePageAllocator<U>& /*stateless*/) noexcept {}

    T* allocate(std::size_t n) {
        const std::size_t bytes = (n * sizeof(T) + kPage - 1) / kPage * kPage;
        void* memory = std::aligned_alloc(kPage, bytes);
        if (memory == nullptr) throw std::bad_alloc();
        ::madvise(memory, bytes, MADV_HUGEPAGE);  // a hint: small pages work too
        return static_cast<T*>(memory);
    }
    void deallocate(T* memory, std::size_t /*n*/) noexcept { std::free(memory); }
    template <class U>
    bool operator==(const LargePageAllocator<U>& /*other*/) const noexcept {
        return true;
    }
};

}  // namespace hogwild::data
