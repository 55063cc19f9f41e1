#pragma once
#include <mpi.h>

#include <span>

#include "mpi/communicator.hpp"

namespace hogwild::mpi {

/// A collective that has been started and goes on while the caller works: owns MPI's request.
///
/// Most MPIs make progress only inside calls, so complete() should be polled. The destructor never
/// communicates: what is not complete then is left to the abort.
class Request {
public:
    /// Of nothing: complete.
    Request() = default;
    Request(Request&& other) noexcept;
    Request& operator=(Request&& other) noexcept;
    ~Request() = default;

    /// Polls. True from then on. @throws MpiError.
    bool complete();
    /// Blocks until it is complete. @throws MpiError.
    void wait();

private:
    friend Request start_barrier(Communicator);
    friend Request start_sum(Communicator, std::span<const float>, std::span<float>);
    MPI_Request handle_ = MPI_REQUEST_NULL;
};

/// Complete when all ranks have started it. @note Collective over `comm`, as start_sum.
Request start_barrier(Communicator comm);
/// Element-wise. Both spans have the same length on all ranks, do not overlap, and must stay, the
/// first unchanged, until it is complete.
Request start_sum(Communicator comm, std::span<const float> mine, std::span<float> sum);

}  // namespace hogwild::mpi
