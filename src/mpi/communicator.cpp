#include "mpi/communicator.hpp"

#include <utility>

#include "mpi/error.hpp"

namespace hogwild::mpi {

int Communicator::rank() const {
    int rank = 0;
    check(MPI_Comm_rank(handle_, &rank), "MPI_Comm_rank");
    return rank;
}

int Communicator::size() const {
    int size = 0;
    check(MPI_Comm_size(handle_, &size), "MPI_Comm_size");
    return size;
}

CommunicatorPart::CommunicatorPart(Communicator whole, std::optional<int> part) {
    check(MPI_Comm_split(whole, part.value_or(MPI_UNDEFINED), whole.rank(), &handle_),
          "MPI_Comm_split");
    if (!takes_part()) return;
    check(MPI_Comm_set_errhandler(handle_, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
}

CommunicatorPart::CommunicatorPart(CommunicatorPart&& other) noexcept
    : handle_(std::exchange(other.handle_, MPI_COMM_NULL)) {}

CommunicatorPart& CommunicatorPart::operator=(CommunicatorPart&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
}

void CommunicatorPart::close() {
    if (takes_part()) check(MPI_Comm_free(&handle_), "MPI_Comm_free");
}

}  // namespace hogwild::mpi
