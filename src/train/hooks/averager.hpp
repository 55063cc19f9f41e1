#pragma once
#include <mpi.h>

#include <cstdint>
#include <span>
#include <vector>

#include "data/partition.hpp"
#include "train/saved_state.hpp"

namespace hogwild::train {

/// The mean of the weights over the run, each reading weighted by the progress at that time. It
/// damps the noise of the last steps (Polyak and Juditsky 1992; the weighting reduces the influence
/// of the beginning). A rank reads the weights at equally spaced points of its progress while all
/// ranks keep training; each rank averages its own block.
class Averager {
public:
    /// @param every  iterations of this rank between readings, >= 1.
    /// @param block  weights [begin, end) that this rank averages.
    Averager(std::int64_t every, data::Range block)
        : every_(every),
          next_(every),
          block_(block),
          sums_(static_cast<std::size_t>(block.size())) {}

    bool due(std::int64_t iteration) const noexcept { return iteration >= next_; }
    std::int64_t next() const noexcept { return next_; }
    /// Adds a reading of this rank's block.
    /// @param weight  weight(u) returns weight u in double.
    template <class Weight>
    void take(std::int64_t iteration, Weight&& weight) {
        next_ = iteration + every_;
        const auto t = static_cast<double>(iteration);
        total_ += t;
        const auto first = static_cast<std::size_t>(block_.begin);
        for (std::size_t k = 0; k < sums_.size(); ++k) {
            sums_[k] += t * weight(first + k);
        }
    }
    /// Values in this rank's block.
    std::size_t block_size() const noexcept { return sums_.size(); }
    /// The mean so far of this rank's block; before the first reading the present weights.
    /// @param out     block_size() values.
    /// @param weight  weight(u) returns weight u in double.
    template <class Weight>
    void copy_mean(std::span<double> out, Weight&& weight) const {
        const auto first = static_cast<std::size_t>(block_.begin);
        for (std::size_t k = 0; k < sums_.size(); ++k) {
            out[k] = total_ > 0.0 ? sums_[k] / total_ : weight(first + k);
        }
    }
    /// Assembles the results of copy_mean() of all ranks.
    /// @param own  result of this rank. @param w  all weights, output.
    /// @note Collective over `comm`, whose ranks' blocks cover `w`.
    static void gather_blocks(MPI_Comm comm, std::span<const double> own, std::span<double> w);
    /// Replaces the weights by the mean so far, on every rank.
    /// @note Collective over `comm`, whose ranks' blocks cover `w`.
    void replace_by_mean(MPI_Comm comm, std::span<double> w) const;

    /// Saves the sums, scaled to one total weight.
    /// @param w  the weights, used for blocks of which there is no reading yet.
    /// @note Collective over `comm`, as replace_by_mean() is.
    void save(MPI_Comm comm, std::span<const double> w, SavedState& out) const;
    /// @param iteration  next iteration of this rank.
    /// @param was        next iteration at the time of save(), which differs if the number of ranks
    ///                   has changed.
    /// @param saved      from save(), possibly with other blocks per rank.
    /// @note Collective.
    void resume(std::int64_t iteration, std::int64_t was, const RestoredState& saved);

private:
    std::int64_t every_;
    std::int64_t next_;
    data::Range block_;
    std::vector<double> sums_;
    double total_ = 0.0;
};

}  // namespace hogwild::train
