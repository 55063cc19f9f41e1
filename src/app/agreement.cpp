#include "hogwild/app/agreement.hpp"

#include <cstdint>
#include <limits>
#include <new>

#include "hogwild/mpi/collectives.hpp"
#include "hogwild/mpi/error.hpp"

namespace hogwild::app {
namespace {

int rank_in(MPI_Comm comm) {
    int rank = 0;
    mpi::check(MPI_Comm_rank(comm, &rank), "MPI_Comm_rank");
    return rank;
}

}  // namespace

void agree(MPI_Comm comm, const std::function<void()>& work) {
    std::int64_t code = 0;
    std::string message;
    try {
        work();
    } catch (const Error& error) {
        code = static_cast<std::int64_t>(error.code());
        message = error.what();
    } catch (const std::bad_alloc&) {
        code = static_cast<std::int64_t>(ExitCode::resource);
        message = "not enough memory; use more nodes or fewer ranks";
    }
    constexpr std::int64_t kNobody = std::numeric_limits<std::int32_t>::max();
    const std::int64_t first = -mpi::max(comm, code == 0 ? -kNobody : -std::int64_t{rank_in(comm)});
    if (first == kNobody) return;
    code = mpi::broadcast(comm, static_cast<int>(first), code);
    message = mpi::broadcast(comm, static_cast<int>(first), message);
    throw AgreedError(static_cast<ExitCode>(code), message);
}

void agree_on_root(MPI_Comm comm, const std::function<void()>& work) {
    agree(comm, [&] {
        if (rank_in(comm) == 0) work();
    });
}

}  // namespace hogwild::app
