#pragma once
#include <mpi.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

#include "data/random.hpp"

/// What ranks measure about their own updates while they train: how often they get in each other's
/// way (contention), and how old the weights are that an update was computed from (staleness).
///
/// Everything costly is measured on a random sample of the updates, so that the meters can stay on.
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
    double destroyed = 0.0;   ///< sum of |others' change that the store wiped out|

    /// Share of stores that collide, and destroyed mass over changed mass: in expectation those of
    /// all stores. Not a number before the first sample.
    double collision_share() const noexcept { return collisions / stores; }
    double lost_fraction() const noexcept { return destroyed / changed; }
};

/// A model::NoProbe that does sample: one store in kMeanGap, at random.
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

/// How many batches of other ranks came between the reading of the weights and the writing of an
/// update. Exact up to 63, in steps of 1/16 of an octave above.
class StalenessHistogram {
public:
    static constexpr std::size_t kBuckets = 64 + 16 * 42;  // up to 2^48 batches

    void add(std::int64_t staleness) noexcept;

    std::int64_t samples() const noexcept;
    /// Nearest rank: the smallest staleness that a share `q` of the samples does not exceed (of its
    /// bucket: the lower end). @param q  in (0, 1]. @pre samples() > 0
    std::int64_t quantile(double q) const noexcept;
    std::int64_t largest() const noexcept { return largest_; }

    /// Adds the histograms of all ranks up. @note Collective.
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

/// Of the exchange between nodes (see NodeExchange): of one leader, or of all.
struct ExchangeMeters {
    double exchanges = 0.0;          ///< completed in the midst of training
    double visible_seconds = 0.0;    ///< that the leader could not train; of all: the longest
    double under_way_seconds = 0.0;  ///< from handing a copy over to seeing the sum; as above
    double waiting_seconds = 0.0;    ///< at boundaries, until all nodes were there; as above
    double bytes = 0.0;              ///< handed over to be summed
    /// What a node has processed between two copies, and between a copy and the adding of the
    /// result, over exchanges and leaders: what one node learns, another sees this much later.
    double interval_documents = 0.0;
    double meanwhile_documents = 0.0;
    double most_meanwhile_documents = 0.0;

    /// Of under_way_seconds, about what the leader could train in.
    double hidden_seconds() const noexcept {
        return under_way_seconds > visible_seconds ? under_way_seconds - visible_seconds : 0.0;
    }
    /// Of all ranks; ranks that are not leaders have zeros. @note Collective.
    ExchangeMeters combined(MPI_Comm comm) const;
};

/// The readings of one rank, or of all.
struct Meters {
    std::optional<Contention> contention;         ///< weights in shared memory
    std::optional<double> lock_wait_seconds;      ///< for locks or turns; of all ranks together
    std::optional<StalenessHistogram> staleness;  ///< more than one rank could be at work
    /// Of weights in a private copy: batches of others since it was last merged.
    std::optional<StalenessHistogram> hot_staleness;
    std::optional<Traffic> traffic;          ///< there are messages, and other nodes
    std::optional<ExchangeMeters> exchange;  ///< more than one window
    double materializations =
        0.0;  ///< times that all weights were multiplied to materialize the scale of l2
    double documents = 0.0;  ///< processed
    double active =
        0.0;  ///< of them with a gradient; with the hinge loss: that violated the margin

    /// The readings of all ranks; every rank must have the same kinds. @note Collective.
    Meters summed(MPI_Comm comm) const;
};

}  // namespace hogwild::train
