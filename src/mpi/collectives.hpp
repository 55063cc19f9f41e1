#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "mpi/communicator.hpp"

/// The few collectives that the program uses, with C++ types. All are collective over `comm`.
namespace hogwild::mpi {

void barrier(Communicator comm);
/// A barrier for long waits: leaves the cores to ranks that are still working, and may return some
/// milliseconds late.
void idle_barrier(Communicator comm);

std::int64_t sum(Communicator comm, std::int64_t value);
std::int64_t max(Communicator comm, std::int64_t value);
double max(Communicator comm, double value);
/// Element-wise maximum. `values` has the same length on all ranks.
void max_in_place(Communicator comm, std::span<float> values);
void max_in_place(Communicator comm, std::span<double> values);
void max_in_place(Communicator comm, std::span<std::int64_t> values);
/// Element-wise sum over ranks, in the order of MPI_Allreduce. Both spans have the same length on
/// all ranks and do not overlap.
void sum_in_any_order(Communicator comm, std::span<const float> mine, std::span<float> sum);
/// The same in place.
void sum_in_any_order(Communicator comm, std::span<double> values);

/// Element-wise sum over ranks in rank order, on every rank: the same bits for the same rank
/// count, which MPI_Allreduce does not promise. `values` has the same length on all ranks.
void sum_in_rank_order(Communicator comm, std::span<double> values);

/// `text` of rank `root` on every rank.
std::string broadcast(Communicator comm, int root, std::string text);
std::int64_t broadcast(Communicator comm, int root, std::int64_t value);
/// `values` of rank `root`, in place.
void broadcast(Communicator comm, int root, std::span<double> values);
void broadcast(Communicator comm, int root, std::span<std::int64_t> values);
void broadcast(Communicator comm, int root, std::span<std::uint32_t> values);

/// The result of all_gather; keeps its memory between calls.
class GatheredBytes {
public:
    /// One span per rank, in rank order.
    const std::vector<std::span<const std::byte>>& parts() const noexcept { return parts_; }

private:
    friend void all_gather(Communicator, std::span<const std::byte>, GatheredBytes&);
    std::vector<std::byte> bytes_;
    std::vector<int> lengths_;
    std::vector<int> offsets_;
    std::vector<std::span<const std::byte>> parts_;
};

/// Gathers the bytes of all ranks, of any lengths, on every rank. Parts start at multiples of eight
/// bytes if all lengths are such multiples.
void all_gather(Communicator comm, std::span<const std::byte> mine, GatheredBytes& all);

/// Sends to rank r the next `counts[r]` elements of `mine`, and receives what all ranks send to
/// this one, in rank order.
/// @param size  bytes of an element. @param counts  of elements, one per rank.
std::vector<std::byte> exchange_parts(Communicator comm, std::span<const std::byte> mine,
                                      std::size_t size, std::span<const std::size_t> counts);
/// The same for elements that can be copied byte by byte.
template <class T>
std::vector<T> exchange_parts(Communicator comm, std::span<const T> mine,
                              std::span<const std::size_t> counts) {
    static_assert(std::is_trivially_copyable_v<T>);
    const auto bytes = exchange_parts(comm, std::as_bytes(mine), sizeof(T), counts);
    std::vector<T> received(bytes.size() / sizeof(T));
    if (!bytes.empty()) std::memcpy(received.data(), bytes.data(), bytes.size());
    return received;
}

/// Appends the texts of all ranks in rank order, on rank 0; empty on other ranks.
std::string gather_text(Communicator comm, const std::string& text);
/// Gives rank r the text `parts[r]` of rank 0. @param parts  one per rank; other ranks' are
/// ignored.
std::string scatter_text(Communicator comm, const std::vector<std::string>& parts);

/// Appends the blocks of all ranks in rank order, on rank 0; empty on other ranks.
std::vector<double> gather_blocks(Communicator comm, std::span<const double> block);
/// Gives every rank a range of rank 0's vector; ranges may overlap.
/// @param whole  on rank 0, long enough for every rank's range.
/// @param first  index of the first element of this rank's range. @param out  the range.
void scatter_ranges(Communicator comm, std::span<const double> whole, std::int64_t first,
                    std::span<double> out);

/// Each rank holds the values of some numbers 0, 1, ...; together they hold each number once. All
/// values by number, on rank 0; empty on other ranks.
/// @param numbers  of this rank, as many as `values`.
std::vector<double> gather_numbered(Communicator comm, std::span<const std::int64_t> numbers,
                                    std::span<const double> values);
/// The values of these numbers, of rank 0's `all`: the inverse of gather_numbered().
std::vector<double> scatter_numbered(Communicator comm, std::span<const double> all,
                                     std::span<const std::int64_t> numbers);

}  // namespace hogwild::mpi
