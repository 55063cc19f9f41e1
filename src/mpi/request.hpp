#pragma once
#include <mpi.h>

#include <span>

#include "mpi/communicator.hpp"

namespace hogwild::mpi {

/// A non-blocking collective; owns the MPI request.
///
/// Most MPIs make progress only inside calls, so complete() should be polled. The destructor never
/// communicates: an incomplete request is left to the abort.
class Request {
public:
    /// A request that is complete.
    Request() = default;
    Request(Request&& other) noexcept;
    Request& operator=(Request&& other) noexcept;
    ~Request() = default;

    /// Polls the request. Once true, it stays true. @throws MpiError.
    bool complete();
    /// Blocks until it is complete. @throws MpiError.
    void wait();

private:
    friend Request start_barrier(Communicator);
    friend Request start_sum(Communicator, std::span<const float>, std::span<float>);
    MPI_Request handle_ = MPI_REQUEST_NULL;
};

/// Starts a barrier, which is complete when all ranks have started it. @note Collective over
/// `comm`.
Request start_barrier(Communicator comm);
/// Starts an element-wise sum. @note Collective over `comm`. Both spans have the same length on all
/// ranks, do not overlap, and must stay, the first unchanged, until it is complete.
Request start_sum(Communicator comm, std::span<const float> mine, std::span<float> sum);

}  // namespace hogwild::mpi
