#pragma once
#include <cstddef>
#include <new>

namespace hogwild::data {

/// For short arrays that vector instructions read: they begin at cache lines, and take no whole
/// pages, as those of LargePageAllocator, whose first elements would all compete for one set of the
/// cache.
template <class T>
struct CacheLineAllocator {
    using value_type = T;
    static constexpr std::align_val_t kLine{64};  // bytes

    CacheLineAllocator() = default;
    template <class U>
    explicit(false) CacheLineAllocator(const CacheLineAllocator<U>& /*stateless*/) noexcept {}

    T* allocate(std::size_t n) { return static_cast<T*>(::operator new(n * sizeof(T), kLine)); }
    void deallocate(T* memory, std::size_t /*n*/) noexcept { ::operator delete(memory, kLine); }
    template <class U>
    bool operator==(const CacheLineAllocator<U>& /*other*/) const noexcept {
        return true;
    }
};

}  // namespace hogwild::data
