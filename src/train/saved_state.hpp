#pragma once
#include <mpi.h>

#include <string>
#include <vector>

#include "data/partition.hpp"
#include "data/state.hpp"

namespace hogwild::train {

/// The state, besides the weights, from which one rank can resume. Nothing is saved twice: the
/// total size of all ranks' states does not depend on the number of ranks.
struct SavedState {
    data::State common;  ///< the same on every rank; rank 0's is kept
    data::State own;     ///< of this rank only: a few numbers
    /// This rank's blocks of vectors. The blocks of all ranks, in rank order, are the whole
    /// vectors. Every rank names the same vectors; a block may be empty.
    data::State blocks;
};

/// The saved state that one rank of a resumed run receives.
class RestoredState {
public:
    /// @param vectors  whole vectors, assembled from the blocks of all ranks; used on rank 0 only.
    /// @param exact    see exact().
    /// All arguments must outlive this.
    RestoredState(MPI_Comm comm, const data::State& common, const data::State& own,
                  const data::State& vectors, bool exact)
        : comm_(comm), common_(common), own_(own), vectors_(vectors), exact_(exact) {}

    /// True if the run resumes on the same number of ranks with steps of the same form, so that it
    /// can be bitwise identical; otherwise common() and own() belong to another division of the
    /// work. The same on every rank.
    bool exact() const noexcept { return exact_; }
    const data::State& common() const noexcept { return common_; }
    const data::State& own() const noexcept { return own_; }
    /// Elements [range.begin, range.end) of a vector; empty if it was not saved.
    /// @note Collective: all ranks name the same vector, each with its own range.
    std::vector<double> block(const std::string& name, data::Range range) const;

private:
    MPI_Comm comm_;
    const data::State& common_;
    const data::State& own_;
    const data::State& vectors_;
    bool exact_;
};

}  // namespace hogwild::train
