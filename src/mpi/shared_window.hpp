#pragma once
#include <mpi.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

#include "mpi/error.hpp"

namespace hogwild::mpi {

/// An array of `count` elements that all ranks of a node read and write, initially zeros.
///
/// Rank 0 of the node owns the memory and touches every page in the constructor, so that a full
/// /dev/shm shows there and not in the hot loop. The array starts on a cache line (MPI promises
/// less). It stays in one MPI_Win_lock_all epoch for life: ranks access it by plain loads and
/// stores.
///
/// @note Collective over `node`, here and in close(). The destructor never communicates: while
///       one rank unwinds, the others would never answer, so an open window is left to the abort.
template <class T>
class SharedWindow {
    static_assert(std::is_trivially_copyable_v<T>);
    static constexpr std::size_t kLine = 64;  // bytes
    static_assert(alignof(T) <= kLine);

public:
    SharedWindow() = default;
    /// @param node  from Communicators::group(). Not owned; must outlive this.
    /// @throws MpiError. Fatal: peers may still be inside the collective.
    SharedWindow(MPI_Comm node, std::size_t count) : node_(node), count_(count) {
        int rank = 0;
        check(MPI_Comm_rank(node, &rank), "MPI_Comm_rank");
        const auto bytes = static_cast<MPI_Aint>(count * sizeof(T) + kLine);
        void* base = nullptr;
        check(MPI_Win_allocate_shared(rank == 0 ? bytes : 0, 1, MPI_INFO_NULL, node, &base, &win_),
              "MPI_Win_allocate_shared");
        MPI_Aint size = 0;
        int unit = 0;
        check(MPI_Win_shared_query(win_, 0, &size, &unit, &base), "MPI_Win_shared_query");
        auto space = static_cast<std::size_t>(bytes);
        data_ = static_cast<T*>(std::align(kLine, count * sizeof(T), base, space));
        check(MPI_Win_lock_all(MPI_MODE_NOCHECK, win_), "MPI_Win_lock_all");
        if (rank == 0) std::uninitialized_value_construct_n(data_, count_);
        sync();
    }
    SharedWindow(SharedWindow&& other) noexcept { swap(other); }
    SharedWindow& operator=(SharedWindow&& other) noexcept {
        swap(other);
        return *this;
    }
    ~SharedWindow() = default;

    void close() {
        if (win_ == MPI_WIN_NULL) return;
        check(MPI_Win_unlock_all(win_), "MPI_Win_unlock_all");
        check(MPI_Win_free(&win_), "MPI_Win_free");
        data_ = nullptr;
        count_ = 0;
    }

    /// Bytes of shared memory: whole pages.
    static constexpr std::uint64_t bytes(std::size_t count) {
        constexpr std::uint64_t kPage = 4096;
        return (count * sizeof(T) + kLine + kPage - 1) / kPage * kPage;
    }

    std::span<T> span() noexcept { return {data_, count_}; }
    std::span<const T> span() const noexcept { return {data_, count_}; }

    /// After it, every rank sees what any rank stored before it. @note Collective over the node.
    void sync() {
        check(MPI_Win_sync(win_), "MPI_Win_sync");
        check(MPI_Barrier(node_), "MPI_Barrier");
        check(MPI_Win_sync(win_), "MPI_Win_sync");
    }

private:
    void swap(SharedWindow& other) noexcept {
        std::swap(win_, other.win_);
        std::swap(node_, other.node_);
        std::swap(data_, other.data_);
        std::swap(count_, other.count_);
    }
    MPI_Win win_ = MPI_WIN_NULL;
    MPI_Comm node_ = MPI_COMM_NULL;
    T* data_ = nullptr;
    std::size_t count_ = 0;
};

}  // namespace hogwild::mpi
