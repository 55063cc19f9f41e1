#pragma once
#include <mpi.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

#include "data/random.hpp"

/// Measurements that ranks take of their own updates during training: how often they collide with
/// other ranks (contention), and how old the weights are from which an update was computed
/// (staleness).
///
/// Costly measurements are taken on a random sample of the updates, so that meters can stay on.
namespace hogwild::train {

/// Random gaps with a given mean, different on each rank, to avoid aliasing with periodic
/// behaviour.
class RandomGap {
public:
    /// @param mean  >= 1; 1 means every time.
    RandomGap(std::size_t mean, std::uint64_t rank)
        : random_(0x6d65746572, rank), span_(2 * mean - 1) {}
    /// Uniform in [1, 2 mean - 1].
    std::size_t next() noexcept {
        return 1 + static_cast<std::size_t>(random_.below(draw_++, span_));
    }

private:
    data::CounterRandom random_;
    std::uint64_t span_;
    std::uint64_t draw_ = 0;
};

/// Sums over sampled stores to shared weights.
struct Contention {
    double stores = 0.0;
    double collisions = 0.0;  ///< another rank stored between our load and our store
    double changed = 0.0;     ///< sum of |change| of the sampled stores
    double destroyed = 0.0;   ///< sum of |change of another rank that the store overwrote|

    /// Share of stores that collide, and destroyed change divided by changed: unbiased estimates
    /// for all stores. Not a number before the first sample.
    double collision_share() const noexcept { return collisions / stores; }
    double lost_fraction() const noexcept { return destroyed / changed; }
};

/// A probe, see model::NoProbe, that samples one store in kMeanGap, at random.
class StoreProbe {
public:
    static constexpr std::size_t kMeanGap = 1024;  ///< stores

    /// @param on  false: samples nothing.
    StoreProbe(bool on, std::uint64_t rank, std::size_t mean_gap = kMeanGap)
        : gap_(mean_gap, rank),
          until_sample_(on ? gap_.next() - 1 : std::numeric_limits<std::size_t>::max()) {}

    std::size_t stores_until_sample(std::size_t available) noexcept {
        const std::size_t n = until_sample_ < available ? until_sample_ : available;
        if (until_sample_ != std::numeric_limits<std::size_t>::max()) until_sample_ -= n;
        return n;
    }
    void record(bool collided, double destroyed, double changed) noexcept {
        until_sample_ = gap_.next() - 1;
        sums_.stores += 1.0;
        sums_.collisions += collided ? 1.0 : 0.0;
        sums_.changed += std::abs(changed);
        sums_.destroyed += std::abs(destroyed);
    }
    const Contention& sums() const noexcept { return sums_; }

private:
    RandomGap gap_;
    std::size_t until_sample_;  ///< stores before the next sampled one
    Contention sums_;
};

/// Histogram of staleness: batches that other ranks write between the reading of the weights and
/// the writing of an update. Exact up to 63, in steps of 1/16 of an octave above.
class StalenessHistogram {
public:
    static constexpr std::size_t kBuckets = 64 + 16 * 42;  // up to 2^48 batches

    void add(std::int64_t staleness) noexcept;

    std::int64_t samples() const noexcept;
    /// Quantile by nearest rank: the smallest staleness that a share `q` of the samples does not
    /// exceed, rounded down to the lower end of its bucket. @param q  in (0, 1]. @pre samples() > 0
    std::int64_t quantile(double q) const noexcept;
    std::int64_t largest() const noexcept { return largest_; }

    /// Sums the histograms of all ranks. @note Collective.
    void sum(MPI_Comm comm);

private:
    std::array<std::int64_t, kBuckets> counts_{};
    std::int64_t largest_ = 0;
};

/// Messages to ranks of other nodes.
struct Traffic {
    double messages = 0.0;
    double bytes = 0.0;

    void count(std::size_t bytes_of_one) noexcept {
        messages += 1.0;
        bytes += static_cast<double>(bytes_of_one);
    }
};

/// Measurements of the exchange between groups (see NodeExchange): of one leader, or of all.
struct ExchangeMeters {
    double exchanges = 0.0;  ///< completed during training
    double visible_seconds =
        0.0;  ///< in which the leader could not train; of all leaders: the longest
    double under_way_seconds = 0.0;  ///< between posting a copy and seeing the sum; likewise
    double waiting_seconds = 0.0;    ///< at boundaries, until all groups have arrived; likewise
    double bytes = 0.0;              ///< passed to MPI
    /// Documents that a group processes between two copies, and between a copy and the addition of
    /// the result, summed over exchanges and leaders. Another group sees an update this much later.
    double interval_documents = 0.0;
    double meanwhile_documents = 0.0;
    double most_meanwhile_documents = 0.0;
    double sparse_exchanges = 0.0;  ///< of `exchanges`, those of changes alone; likewise
    double changed_share = 0.0;     ///< of the weights, summed over these; likewise

    /// About the part of under_way_seconds in which the leader could train.
    double hidden_seconds() const noexcept {
        return under_way_seconds > visible_seconds ? under_way_seconds - visible_seconds : 0.0;
    }
    /// Combines the measurements of all ranks; ranks that are not leaders have zeros.
    /// @note Collective.
    ExchangeMeters combined(MPI_Comm comm) const;
};

/// The measurements of one rank, or of all.
struct Meters {
    std::optional<Contention> contention;         ///< if weights are in shared memory
    std::optional<double> lock_wait_seconds;      ///< for locks or turns; summed over ranks
    std::optional<StalenessHistogram> staleness;  ///< if several ranks can update
    /// Of the hot head: batches of other ranks since its last merge.
    std::optional<StalenessHistogram> hot_staleness;
    std::optional<Traffic> traffic;          ///< if there are messages to other nodes
    std::optional<ExchangeMeters> exchange;  ///< if there are several groups
    double materializations = 0.0;  ///< how often the scale of l2 was materialized during training
    double documents = 0.0;         ///< processed
    double active = 0.0;            ///< documents with a non-zero gradient

    /// The measurements of all ranks. The same optionals must be set on all. @note Collective.
    Meters summed(MPI_Comm comm) const;
};

}  // namespace hogwild::train
