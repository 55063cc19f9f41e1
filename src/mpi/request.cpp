#include "mpi/request.hpp"

#include <stdexcept>
#include <utility>

#include "mpi/count.hpp"
#include "mpi/error.hpp"

namespace hogwild::mpi {

Request::Request(Request&& other) noexcept
    : handle_(std::exchange(other.handle_, MPI_REQUEST_NULL)) {}

Request& Request::operator=(Request&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
}

bool Request::complete() {
    int complete = 0;
    check(MPI_Test(&handle_, &complete, MPI_STATUS_IGNORE), "MPI_Test");
    return complete != 0;
}

void Request::wait() { check(MPI_Wait(&handle_, MPI_STATUS_IGNORE), "MPI_Wait"); }

Request start_barrier(Communicator comm) {
    Request request;
    check(MPI_Ibarrier(comm, &request.handle_), "MPI_Ibarrier");
    return request;
}

Request start_sum(Communicator comm, std::span<const float> mine, std::span<float> sum) {
    if (mine.size() != sum.size()) throw std::invalid_argument("start_sum: lengths differ");
    Request request;
    check(MPI_Iallreduce(mine.data(), sum.data(), count_of(mine.size()), MPI_FLOAT, MPI_SUM, comm,
                         &request.handle_),
          "MPI_Iallreduce");
    return request;
}

}  // namespace hogwild::mpi
