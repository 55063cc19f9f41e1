#include "mpi/messages.hpp"

#include "mpi/count.hpp"
#include "mpi/error.hpp"

namespace hogwild::mpi {
namespace {

constexpr int kTag = 0;

}  // namespace

void send(Communicator comm, int to, std::span<const std::byte> message) {
    check(MPI_Send(message.data(), count_of(message.size()), MPI_BYTE, to, kTag, comm), "MPI_Send");
}

void receive(Communicator comm, int from, std::span<std::byte> message) {
    MPI_Status status;
    const int expected = count_of(message.size());
    check(MPI_Recv(message.data(), expected, MPI_BYTE, from, kTag, comm, &status), "MPI_Recv");
    int length = 0;
    check(MPI_Get_count(&status, MPI_BYTE, &length), "MPI_Get_count");
    if (length != expected) throw MpiError(MPI_ERR_TRUNCATE, "MPI_Recv");
}

}  // namespace hogwild::mpi
