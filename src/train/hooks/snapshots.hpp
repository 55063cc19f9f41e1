#pragma once
#include <concepts>
#include <cstdint>
#include <span>
#include <vector>

#include "data/stopwatch.hpp"

namespace hogwild::train {

/// Copies of the model that a rank takes at fixed points of its own progress while all ranks keep
/// training. They are evaluated after the run, which shows its course without pauses: these would
/// reset the asynchrony that is being studied. The model is the weights as rank 0 sees them or,
/// with an Averager, the mean of the weights, of which every rank copies its own block.
class Snapshots {
public:
    struct Snapshot {
        std::int64_t iteration = 0;  ///< the weights are those before this iteration
        double seconds = 0.0;        ///< since start(), without the time of copying
        std::vector<double> weights;
    };

    /// @param every      iterations of this rank between snapshots, >= 1.
    /// @param count      number of snapshots; their memory is allocated here.
    /// @param size       values per snapshot.
    Snapshots(std::int64_t every, std::int64_t count, std::size_t size)
        : every_(every), next_(every), taken_(static_cast<std::size_t>(count)) {
        for (Snapshot& snapshot : taken_) snapshot.weights.resize(size);
    }
    void start() {
        since_start_ = data::Stopwatch();
        copied_at_ = trained_ = 0.0;
    }
    bool due(std::int64_t iteration) const noexcept { return iteration == next_; }
    std::int64_t next() const noexcept { return next_; }
    /// Takes a snapshot, which `copy_to(out)` writes.
    template <std::invocable<std::span<double>> Copy>
    void take(std::int64_t iteration, Copy&& copy_to) {
        next_ = iteration + every_;
        if (count_ == taken_.size()) return;
        const double now = since_start_.seconds();
        trained_ += now - copied_at_;
        Snapshot& snapshot = taken_[count_++];
        snapshot.iteration = iteration;
        snapshot.seconds = trained_;
        copy_to(std::span<double>(snapshot.weights));
        copied_at_ = since_start_.seconds();
        copying_seconds_ += copied_at_ - now;
    }

    /// The snapshots taken so far, in order.
    std::span<const Snapshot> taken() const noexcept { return {taken_.data(), count_}; }
    /// Time spent on copying.
    double copying_seconds() const noexcept { return copying_seconds_; }

private:
    std::int64_t every_;
    std::int64_t next_;
    std::vector<Snapshot> taken_;
    std::size_t count_ = 0;
    data::Stopwatch since_start_;
    double copied_at_ = 0.0;  ///< since start(), when the last copy was complete
    double trained_ = 0.0;    ///< seconds until the last snapshot, without copying
    double copying_seconds_ = 0.0;
};

}  // namespace hogwild::train
