#include "app/common/run_collectively.hpp"

#include <cstdint>
#include <limits>
#include <new>

#include "mpi/collectives.hpp"

namespace hogwild::app {
namespace {

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

/// @throws CollectiveError if any rank failed.
void throw_first_failure(mpi::Communicator comm, const Failure& own) {
    constexpr std::int64_t kNoRank = std::numeric_limits<std::int32_t>::max();
    const std::int64_t first =
        -mpi::max(comm, own.code == 0 ? -kNoRank : -std::int64_t{comm.rank()});
    if (first == kNoRank) return;
    const std::int64_t code = mpi::broadcast(comm, static_cast<int>(first), own.code);
    const std::string message = mpi::broadcast(comm, static_cast<int>(first), own.message);
    throw CollectiveError(static_cast<ExitCode>(code), message);
}

}  // namespace

void run_collectively(mpi::Communicator comm, const std::function<void()>& work) {
    throw_first_failure(comm, attempt(work));
}

void run_collectively_idly(mpi::Communicator comm, const std::function<void()>& work) {
    const Failure own = attempt(work);
    mpi::idle_barrier(comm);
    throw_first_failure(comm, own);
}

void run_collectively_on_root(mpi::Communicator comm, const std::function<void()>& work) {
    run_collectively(comm, [&] {
        if (comm.rank() == 0) work();
    });
}

}  // namespace hogwild::app
