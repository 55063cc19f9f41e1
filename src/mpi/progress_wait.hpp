#pragma once
#include <mpi.h>

#include "mpi/error.hpp"
#include "mpi/spin_wait.hpp"

namespace hogwild::mpi {

/// As timed_spin_until, and lets MPI do what other ranks ask of this one: some MPIs (MPICH) hand a
/// window's lock out only while the rank that it lies on is inside a call of MPI.
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
