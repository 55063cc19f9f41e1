#include "mpi/collectives.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

#include "mpi/count.hpp"
#include "mpi/error.hpp"
#include "mpi/request.hpp"

namespace hogwild::mpi {
namespace {

/// Offsets of parts that are stored one after another.
std::vector<int> offsets_of(const std::vector<int>& lengths) {
    std::vector<int> offsets;
    std::size_t total = 0;
    for (const int length : lengths) {
        offsets.push_back(count_of(total));
        total += static_cast<std::size_t>(length);
    }
    return offsets;
}

/// Lengths and offsets with which rank 0 gathers parts of different lengths; empty on other ranks.
struct Parts {
    std::vector<int> lengths;
    std::vector<int> offsets;
    std::size_t total = 0;
};

Parts gather_parts(Communicator comm, int length) {
    Parts parts;
    parts.lengths.resize(static_cast<std::size_t>(comm.rank() == 0 ? comm.size() : 0));
    check(MPI_Gather(&length, 1, MPI_INT, parts.lengths.data(), 1, MPI_INT, 0, comm), "MPI_Gather");
    parts.offsets = offsets_of(parts.lengths);
    for (const int part : parts.lengths) parts.total += static_cast<std::size_t>(part);
    return parts;
}

/// All ranks' values in rank order, on rank 0.
template <class T>
std::vector<T> gather_all(Communicator comm, std::span<const T> mine, MPI_Datatype type) {
    const int length = count_of(mine.size());
    const Parts parts = gather_parts(comm, length);
    std::vector<T> all(parts.total);
    check(MPI_Gatherv(mine.data(), length, type, all.data(), parts.lengths.data(),
                      parts.offsets.data(), type, 0, comm),
          "MPI_Gatherv");
    return all;
}

template <class T>
void max_in_place_of(Communicator comm, std::span<T> values, MPI_Datatype type) {
    check(MPI_Allreduce(MPI_IN_PLACE, values.data(), count_of(values.size()), type, MPI_MAX, comm),
          "MPI_Allreduce");
}

}  // namespace

void barrier(Communicator comm) { check(MPI_Barrier(comm), "MPI_Barrier"); }

void idle_barrier(Communicator comm) {
    Request all_here = start_barrier(comm);
    while (!all_here.complete()) std::this_thread::sleep_for(std::chrono::milliseconds(2));
}

std::int64_t sum(Communicator comm, std::int64_t value) {
    check(MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_INT64_T, MPI_SUM, comm), "MPI_Allreduce");
    return value;
}

std::int64_t max(Communicator comm, std::int64_t value) {
    check(MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_INT64_T, MPI_MAX, comm), "MPI_Allreduce");
    return value;
}

double max(Communicator comm, double value) {
    check(MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_DOUBLE, MPI_MAX, comm), "MPI_Allreduce");
    return value;
}

void max_in_place(Communicator comm, std::span<float> values) {
    max_in_place_of(comm, values, MPI_FLOAT);
}
void max_in_place(Communicator comm, std::span<double> values) {
    max_in_place_of(comm, values, MPI_DOUBLE);
}
void max_in_place(Communicator comm, std::span<std::int64_t> values) {
    max_in_place_of(comm, values, MPI_INT64_T);
}

void sum_in_any_order(Communicator comm, std::span<double> values) {
    check(MPI_Allreduce(MPI_IN_PLACE, values.data(), count_of(values.size()), MPI_DOUBLE, MPI_SUM,
                        comm),
          "MPI_Allreduce");
}

void sum_in_any_order(Communicator comm, std::span<const float> mine, std::span<float> sum) {
    if (mine.size() != sum.size()) throw std::invalid_argument("sum_in_any_order: lengths differ");
    check(MPI_Allreduce(mine.data(), sum.data(), count_of(mine.size()), MPI_FLOAT, MPI_SUM, comm),
          "MPI_Allreduce");
}

void sum_in_rank_order(Communicator comm, std::span<double> values) {
    constexpr std::size_t kBlock = 8192;  // elements: bounds the root's memory on many ranks
    const bool root = comm.rank() == 0;
    const auto ranks = static_cast<std::size_t>(comm.size());
    std::vector<double> all(root ? ranks * std::min(kBlock, values.size()) : 0);
    for (std::size_t first = 0; first < values.size(); first += kBlock) {
        const std::span<double> block =
            values.subspan(first, std::min(kBlock, values.size() - first));
        const int count = count_of(block.size());
        check(MPI_Gather(block.data(), count, MPI_DOUBLE, all.data(), count, MPI_DOUBLE, 0, comm),
              "MPI_Gather");
        for (std::size_t r = 1; root && r < ranks; ++r) {
            for (std::size_t k = 0; k < block.size(); ++k) block[k] += all[r * block.size() + k];
        }
        check(MPI_Bcast(block.data(), count, MPI_DOUBLE, 0, comm), "MPI_Bcast");
    }
}

std::int64_t broadcast(Communicator comm, int root, std::int64_t value) {
    check(MPI_Bcast(&value, 1, MPI_INT64_T, root, comm), "MPI_Bcast");
    return value;
}

std::string broadcast(Communicator comm, int root, std::string text) {
    const std::int64_t length = broadcast(comm, root, static_cast<std::int64_t>(text.size()));
    text.resize(static_cast<std::size_t>(length));
    check(MPI_Bcast(text.data(), count_of(text.size()), MPI_CHAR, root, comm), "MPI_Bcast");
    return text;
}

void broadcast(Communicator comm, int root, std::span<double> values) {
    check(MPI_Bcast(values.data(), count_of(values.size()), MPI_DOUBLE, root, comm), "MPI_Bcast");
}

void broadcast(Communicator comm, int root, std::span<std::int64_t> values) {
    check(MPI_Bcast(values.data(), count_of(values.size()), MPI_INT64_T, root, comm), "MPI_Bcast");
}

void broadcast(Communicator comm, int root, std::span<std::uint32_t> values) {
    check(MPI_Bcast(values.data(), count_of(values.size()), MPI_UINT32_T, root, comm), "MPI_Bcast");
}

void all_gather(Communicator comm, std::span<const std::byte> mine, GatheredBytes& all) {
    const auto ranks = static_cast<std::size_t>(comm.size());
    const int length = count_of(mine.size());
    all.lengths_.resize(ranks);
    all.offsets_.resize(ranks);
    check(MPI_Allgather(&length, 1, MPI_INT, all.lengths_.data(), 1, MPI_INT, comm),
          "MPI_Allgather");
    std::size_t total = 0;
    for (std::size_t r = 0; r < ranks; ++r) {
        all.offsets_[r] = count_of(total);
        total += static_cast<std::size_t>(all.lengths_[r]);
    }
    all.bytes_.resize(total);
    check(MPI_Allgatherv(mine.data(), length, MPI_BYTE, all.bytes_.data(), all.lengths_.data(),
                         all.offsets_.data(), MPI_BYTE, comm),
          "MPI_Allgatherv");
    all.parts_.clear();
    for (std::size_t r = 0; r < ranks; ++r) {
        all.parts_.emplace_back(all.bytes_.data() + all.offsets_[r],
                                static_cast<std::size_t>(all.lengths_[r]));
    }
}

std::vector<std::byte> exchange_parts(Communicator comm, std::span<const std::byte> mine,
                                      std::size_t size, std::span<const std::size_t> counts) {
    std::vector<int> sent;
    for (const std::size_t count : counts) sent.push_back(count_of(count));
    std::vector<int> received(sent.size());
    check(MPI_Alltoall(sent.data(), 1, MPI_INT, received.data(), 1, MPI_INT, comm), "MPI_Alltoall");
    std::size_t total = 0;
    for (const int count : received) total += static_cast<std::size_t>(count);
    count_of(total);  // what MPI can count
    std::vector<std::byte> out(total * size);
    MPI_Datatype element = MPI_DATATYPE_NULL;  // MPI counts elements, so messages may pass 2 GiB
    check(MPI_Type_contiguous(count_of(size), MPI_BYTE, &element), "MPI_Type_contiguous");
    check(MPI_Type_commit(&element), "MPI_Type_commit");
    const std::vector<int> sent_offsets = offsets_of(sent);
    const std::vector<int> received_offsets = offsets_of(received);
    const int code =
        MPI_Alltoallv(mine.data(), sent.data(), sent_offsets.data(), element, out.data(),
                      received.data(), received_offsets.data(), element, comm);
    check(MPI_Type_free(&element), "MPI_Type_free");
    check(code, "MPI_Alltoallv");
    return out;
}

std::string gather_text(Communicator comm, const std::string& text) {
    const std::vector<char> all = gather_all<char>(comm, text, MPI_CHAR);
    return {all.begin(), all.end()};
}

std::string scatter_text(Communicator comm, const std::vector<std::string>& parts) {
    std::string all;
    std::vector<int> lengths;
    if (comm.rank() == 0) {
        for (const std::string& part : parts) {
            all += part;
            lengths.push_back(count_of(part.size()));
        }
    }
    const std::vector<int> offsets = offsets_of(lengths);
    int length = 0;
    check(MPI_Scatter(lengths.data(), 1, MPI_INT, &length, 1, MPI_INT, 0, comm), "MPI_Scatter");
    std::string mine(static_cast<std::size_t>(length), '\0');
    check(MPI_Scatterv(all.data(), lengths.data(), offsets.data(), MPI_CHAR, mine.data(), length,
                       MPI_CHAR, 0, comm),
          "MPI_Scatterv");
    return mine;
}

std::vector<double> gather_blocks(Communicator comm, std::span<const double> block) {
    return gather_all(comm, block, MPI_DOUBLE);
}

void scatter_ranges(Communicator comm, std::span<const double> whole, std::int64_t first,
                    std::span<double> out) {
    const auto ranks = static_cast<std::size_t>(comm.rank() == 0 ? comm.size() : 0);
    const int mine[] = {count_of(static_cast<std::size_t>(first)), count_of(out.size())};
    std::vector<int> ranges(2 * ranks);
    check(MPI_Gather(mine, 2, MPI_INT, ranges.data(), 2, MPI_INT, 0, comm), "MPI_Gather");
    std::vector<int> offsets(ranks);
    std::vector<int> lengths(ranks);
    for (std::size_t r = 0; r < ranks; ++r) {
        offsets[r] = ranges[2 * r];
        lengths[r] = ranges[2 * r + 1];
    }
    check(MPI_Scatterv(whole.data(), lengths.data(), offsets.data(), MPI_DOUBLE, out.data(),
                       mine[1], MPI_DOUBLE, 0, comm),
          "MPI_Scatterv");
}

std::vector<double> gather_numbered(Communicator comm, std::span<const std::int64_t> numbers,
                                    std::span<const double> values) {
    const std::vector<std::int64_t> order = gather_all(comm, numbers, MPI_INT64_T);
    const std::vector<double> gathered = gather_all(comm, values, MPI_DOUBLE);
    std::vector<double> all(gathered.size());
    for (std::size_t k = 0; k < gathered.size(); ++k) {
        all[static_cast<std::size_t>(order[k])] = gathered[k];
    }
    return all;
}

std::vector<double> scatter_numbered(Communicator comm, std::span<const double> all,
                                     std::span<const std::int64_t> numbers) {
    const int length = count_of(numbers.size());
    const std::vector<std::int64_t> order = gather_all(comm, numbers, MPI_INT64_T);
    const Parts parts = gather_parts(comm, length);
    std::vector<double> ordered;
    for (const std::int64_t number : order)
        ordered.push_back(all[static_cast<std::size_t>(number)]);
    std::vector<double> mine(numbers.size());
    check(MPI_Scatterv(ordered.data(), parts.lengths.data(), parts.offsets.data(), MPI_DOUBLE,
                       mine.data(), length, MPI_DOUBLE, 0, comm),
          "MPI_Scatterv");
    return mine;
}

}  // namespace hogwild::mpi
