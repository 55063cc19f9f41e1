#pragma once
#include <mpi.h>

#include <optional>

namespace hogwild::mpi {

/// A communicator that another object owns, for code that does not call MPI itself. Copies are as
/// cheap as copies of the handle; valid until the owner is closed.
class Communicator {
public:
    Communicator(MPI_Comm handle) noexcept : handle_(handle) {}  // implicit: to borrow is harmless
    operator MPI_Comm() const noexcept { return handle_; }

    /// All ranks that the launcher started.
    static Communicator all_ranks() noexcept { return MPI_COMM_WORLD; }
    static Communicator this_rank() noexcept { return MPI_COMM_SELF; }

    /// @throws MpiError.
    int rank() const;
    int size() const;

private:
    MPI_Comm handle_;
};

/// A part of a communicator's ranks. Owns the communicator of the part to which this rank belongs,
/// if any.
///
/// @note Collective over `whole`; close() over the part. The destructor never communicates, so an
///       open part is left to the abort.
class CommunicatorPart {
public:
    /// @param whole  not owned.
    /// @param part   number of this rank's part, >= 0; empty: this rank belongs to none. Ranks keep
    ///               the order of `whole`.
    /// @throws MpiError.
    CommunicatorPart(Communicator whole, std::optional<int> part);
    CommunicatorPart(CommunicatorPart&& other) noexcept;
    CommunicatorPart& operator=(CommunicatorPart&& other) noexcept;
    ~CommunicatorPart() = default;
    /// May be called twice. @throws MpiError.
    void close();

    /// Whether this rank belongs to a part.
    bool takes_part() const noexcept { return handle_ != MPI_COMM_NULL; }
    /// @pre takes_part()
    Communicator get() const noexcept { return handle_; }

private:
    MPI_Comm handle_ = MPI_COMM_NULL;
};

}  // namespace hogwild::mpi
