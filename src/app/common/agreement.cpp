#include "app/common/agreement.hpp"

#include <cstdint>
#include <limits>
#include <new>

#include "mpi/collectives.hpp"
#include "mpi/error.hpp"

namespace hogwild::app {
namespace {

int rank_in(MPI_Comm comm) {
    int rank = 0;
    mpi::check(MPI_Comm_rank(comm, &rank), "MPI_Comm_rank");
    return rank;
}

struct Failure {
    std::int64_t code = 0;  ///< 0: none
    std::string message;
};

Failure attempt(const std::function<void()>& work) {
    try {
        work();
    } catch (const Error& error) {
        return {static_cast<std::int64_t>(error.code()), error.what()};
    } catch (const std::bad_alloc&) {
        return {static_cast<std::int64_t>(ExitCode::resource),
                "not enough memory; use more nodes or fewer ranks"};
    }
    return {};
}

void settle(MPI_Comm comm, const Failure& own) {
    constexpr std::int64_t kNobody = std::numeric_limits<std::int32_t>::max();
    const std::int64_t first =
        -mpi::max(comm, own.code == 0 ? -kNobody : -std::int64_t{rank_in(comm)});
    if (first == kNobody) return;
    const std::int64_t code = mpi::broadcast(comm, static_cast<int>(first), own.code);
    const std::string message = mpi::broadcast(comm, static_cast<int>(first), own.message);
    throw AgreedError(static_cast<ExitCode>(code), message);
}

}  // namespace

void agree(MPI_Comm comm, const std::function<void()>& work) { settle(comm, attempt(work)); }

void agree_idly(MPI_Comm comm, const std::function<void()>& work) {
    const Failure own = attempt(work);
    mpi::idle_barrier(comm);
    settle(comm, own);
}

void agree_on_root(MPI_Comm comm, const std::function<void()>& work) {
    agree(comm, [&] {
        if (rank_in(comm) == 0) work();
    });
}

}  // namespace hogwild::app
