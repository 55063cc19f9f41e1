#include "train/meters/meters.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "mpi/collectives.hpp"
#include "mpi/error.hpp"

namespace hogwild::train {
namespace {

constexpr std::int64_t kExact = 64;  // staleness below this has its own bucket
constexpr std::int64_t kSteps = 16;  // buckets per octave above

std::size_t bucket_of(std::int64_t staleness) noexcept {
    if (staleness < kExact) return static_cast<std::size_t>(staleness);
    const int octave =
        static_cast<int>(std::bit_width(static_cast<std::uint64_t>(staleness))) - 1;  // >= 6
    const std::int64_t step = (staleness >> (octave - 4)) - kSteps;
    const auto bucket = static_cast<std::size_t>(kExact + kSteps * (octave - 6) + step);
    return std::min(bucket, StalenessHistogram::kBuckets - 1);
}

/// Smallest staleness of a bucket.
std::int64_t lower_end(std::size_t bucket) noexcept {
    const auto b = static_cast<std::int64_t>(bucket);
    if (b < kExact) return b;
    const std::int64_t octave = 6 + (b - kExact) / kSteps;
    return (kSteps + (b - kExact) % kSteps) << (octave - 4);
}

}  // namespace

void StalenessHistogram::add(std::int64_t staleness) noexcept {
    staleness = std::max<std::int64_t>(staleness, 0);
    ++counts_[bucket_of(staleness)];
    largest_ = std::max(largest_, staleness);
}

std::int64_t StalenessHistogram::samples() const noexcept {
    return std::accumulate(counts_.begin(), counts_.end(), std::int64_t{0});
}

std::int64_t StalenessHistogram::quantile(double q) const noexcept {
    const auto rank = static_cast<std::int64_t>(std::ceil(q * static_cast<double>(samples())));
    std::int64_t seen = 0;
    for (std::size_t b = 0; b < kBuckets; ++b) {
        seen += counts_[b];
        if (seen >= rank) return lower_end(b);
    }
    return largest_;
}

void StalenessHistogram::sum(MPI_Comm comm) {
    mpi::check(MPI_Allreduce(MPI_IN_PLACE, counts_.data(), static_cast<int>(kBuckets), MPI_INT64_T,
                             MPI_SUM, comm),
               "MPI_Allreduce");
    largest_ = mpi::max(comm, largest_);
}

ExchangeMeters ExchangeMeters::combined(MPI_Comm comm) const {
    double sums[] = {bytes, interval_documents, meanwhile_documents};
    mpi::sum_in_rank_order(comm, sums);
    double most[] = {exchanges,       visible_seconds,          under_way_seconds,
                     waiting_seconds, most_meanwhile_documents, sparse_exchanges,
                     changed_share};
    mpi::check(MPI_Allreduce(MPI_IN_PLACE, most, 7, MPI_DOUBLE, MPI_MAX, comm), "MPI_Allreduce");
    return {most[0], most[1], most[2], most[3], sums[0],
            sums[1], sums[2], most[4], most[5], most[6]};
}

Meters Meters::summed(MPI_Comm comm) const {
    const Contention own = contention.value_or(Contention{});
    double sums[] = {own.stores,
                     own.collisions,
                     own.changed,
                     own.destroyed,
                     documents,
                     active,
                     lock_wait_seconds.value_or(0.0),
                     traffic.value_or(Traffic{}).messages,
                     traffic.value_or(Traffic{}).bytes,
                     materializations};
    mpi::sum_in_rank_order(comm, sums);
    Meters all = *this;
    if (contention) all.contention = {sums[0], sums[1], sums[2], sums[3]};
    all.documents = sums[4];
    all.active = sums[5];
    all.materializations = sums[9];
    if (lock_wait_seconds) all.lock_wait_seconds = sums[6];
    if (traffic) all.traffic = {sums[7], sums[8]};
    if (staleness) all.staleness->sum(comm);
    if (hot_staleness) all.hot_staleness->sum(comm);
    if (exchange) all.exchange = exchange->combined(comm);
    return all;
}

}  // namespace hogwild::train
