/// For LD_PRELOAD: MPI_Allreduce fails on rank 1, once it has been called HOGWILD_FAIL_CALL times
/// there. What a network that breaks looks like to one rank, while the others go on waiting for it.
#include <mpi.h>

#include <cstdlib>

extern "C" int MPI_Allreduce(const void* send, void* receive, int count, MPI_Datatype type,
                             MPI_Op operation, MPI_Comm comm) {
    static int calls = 0;
    int rank = 0;
    PMPI_Comm_rank(MPI_COMM_WORLD, &rank);
    const char* const limit = std::getenv("HOGWILD_FAIL_CALL");
    if (rank == 1 && limit != nullptr && ++calls == std::atoi(limit)) return MPI_ERR_OTHER;
    return PMPI_Allreduce(send, receive, count, type, operation, comm);
}
