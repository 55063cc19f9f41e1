#pragma once
#include <mpi.h>

#include <string>
#include <vector>

#include "data/partition.hpp"
#include "data/state.hpp"

namespace hogwild::train {

/// What one rank saves so that the run can go on, besides the weights. Nothing is saved twice: the
/// size of all ranks' states together does not depend on how many ranks there are.
struct SavedState {
    data::State common;  ///< the same on every rank, or rank 0's: only that one is kept
    data::State own;     ///< of this rank alone: a few numbers
    /// This rank's blocks of vectors, which are the whole vectors in rank order. Every rank names
    /// the same vectors; a block may be empty.
    data::State blocks;
};

/// What a run that goes on gets back, on one rank.
class RestoredState {
public:
    /// @param vectors  whole vectors, from the blocks of all ranks; rank 0's count.
    /// @param exact    the run is continued on as many ranks, with its steps in the same form.
    /// All arguments must outlive this.
    RestoredState(MPI_Comm comm, const data::State& common, const data::State& own,
                  const data::State& vectors, bool exact)
        : comm_(comm), common_(common), own_(own), vectors_(vectors), exact_(exact) {}

    /// The run can go on with the same bits; else common() and own() are of another division of
    /// the work. The same on every rank.
    bool exact() const noexcept { return exact_; }
    const data::State& common() const noexcept { return common_; }
    const data::State& own() const noexcept { return own_; }
    /// Elements [range.begin, range.end) of a vector; nothing when none was saved.
    /// @note Collective: every rank asks for the same vector, and for its own range.
    std::vector<double> block(const std::string& name, data::Range range) const;

private:
    MPI_Comm comm_;
    const data::State& common_;
    const data::State& own_;
    const data::State& vectors_;
    bool exact_;
};

}  // namespace hogwild::train
