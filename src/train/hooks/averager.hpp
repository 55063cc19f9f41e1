#pragma once
#include <mpi.h>

#include <cstdint>
#include <span>
#include <vector>

#include "data/partition.hpp"
#include "train/saved_state.hpp"

namespace hogwild::train {

/// The mean of the weights over the run, each moment weighted by the progress until then: it damps
/// what the last steps leave of their noise (Polyak and Juditsky 1992; the weighting forgets the
/// beginning). A rank reads the weights at equally spaced points of its progress, while all ranks
/// keep training; each rank averages its own block of them.
class Averager {
public:
    /// @param every  iterations of this rank between readings, >= 1.
    /// @param block  weights [begin, end) that are this rank's to average.
    Averager(std::int64_t every, data::Range block)
        : every_(every),
          next_(every),
          block_(block),
          sums_(static_cast<std::size_t>(block.size())) {}

    bool due(std::int64_t iteration) const noexcept { return iteration >= next_; }
    std::int64_t next() const noexcept { return next_; }
    /// Takes in this rank's block of the weights.
    /// @param weight  of number u, in double.
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
    /// The mean so far of this rank's block; before the first reading the weights as they are.
    /// @param out     block_size() values.
    /// @param weight  of number u, in double.
    template <class Weight>
    void copy_mean(std::span<double> out, Weight&& weight) const {
        const auto first = static_cast<std::size_t>(block_.begin);
        for (std::size_t k = 0; k < sums_.size(); ++k) {
            out[k] = total_ > 0.0 ? sums_[k] / total_ : weight(first + k);
        }
    }
    /// Puts together what copy_mean() gave on every rank.
    /// @param own  this rank's. @param w  all of it, written. @note Collective over `comm`, whose
    /// ranks' blocks cover `w`.
    static void gather_blocks(MPI_Comm comm, std::span<const double> own, std::span<double> w);
    /// The mean so far on every rank.
    /// @param w  the weights, replaced. @note Collective over `comm`, likewise.
    void replace_by_mean(MPI_Comm comm, std::span<double> w) const;

    /// Adds the sums, brought to one total weight.
    /// @param w  the weights, for the blocks of ranks that have not read them yet.
    /// @note Collective over `comm`, as replace_by_mean() is.
    void save(MPI_Comm comm, std::span<const double> w, SavedState& out) const;
    /// @param iteration  the next one; `was` is what it was called when it was saved, which is
    ///                   another number where another number of ranks shares the work.
    /// @param saved      what save() gave; the ranks' blocks may have been others.
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
