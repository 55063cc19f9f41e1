#pragma once
#include <mpi.h>

#include <span>
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
    /// A number for each of this rank's training documents, in the order of its rows. Together they
    /// are a vector in the order of the file, whatever the division of the documents.
    data::State documents;
};

/// The saved state that one rank of a resumed run receives.
class RestoredState {
public:
    /// @param vectors    whole vectors, assembled from the blocks of all ranks and from what they
    ///                   saved of documents; used on rank 0 only.
    /// @param exact      see exact().
    /// @param documents  the numbers of this rank's training documents, in the order of its rows.
    /// All arguments must outlive this.
    RestoredState(MPI_Comm comm, const data::State& common, const data::State& own,
                  const data::State& vectors, bool exact, std::span<const data::Range> documents)
        : comm_(comm),
          common_(common),
          own_(own),
          vectors_(vectors),
          exact_(exact),
          documents_(documents) {}

    /// True if the run resumes on the same number of ranks with steps of the same form, so that it
    /// can be bitwise identical; otherwise common() and own() belong to another division of the
    /// work. The same on every rank.
    bool exact() const noexcept { return exact_; }
    const data::State& common() const noexcept { return common_; }
    const data::State& own() const noexcept { return own_; }
    /// Elements [range.begin, range.end) of a vector; empty if it was not saved.
    /// @note Collective: all ranks name the same vector, each with its own range.
    std::vector<double> block(const std::string& name, data::Range range) const;
    /// What was saved of this rank's training documents; empty if it was not.
    /// @pre it was saved of all documents, see whole(). @note Collective.
    std::vector<double> of_documents(const std::string& name) const;
    /// A vector as it was saved, on rank 0; empty if it was not, and on other ranks.
    std::span<const double> whole(const std::string& name) const;

private:
    bool was_saved(const std::string& name) const;

    MPI_Comm comm_;
    const data::State& common_;
    const data::State& own_;
    const data::State& vectors_;
    bool exact_;
    std::span<const data::Range> documents_;
};

}  // namespace hogwild::train
