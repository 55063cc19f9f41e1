#pragma once
#include <mpi.h>

#include "mpi/error.hpp"
#include "mpi/spin_wait.hpp"

namespace hogwild::mpi {

/// As timed_spin_until, but also calls MPI, so that it makes progress: some MPIs (MPICH) grant the
/// lock of a window only while the target rank is inside an MPI call.
/// @param comm  of this rank; nothing is received.
template <class Condition>
double timed_progress_until(MPI_Comm comm, Condition&& holds) {
    constexpr int kPollsPerCall = 1000;
    int polls = 0;
    return timed_spin_until([&] {
        if (holds()) return true;
        if (++polls % kPollsPerCall == 0) {
            int any = 0;
            check(MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, comm, &any, MPI_STATUS_IGNORE),
                  "MPI_Iprobe");
        }
        return false;
    });
}

}  // namespace hogwild::mpi
