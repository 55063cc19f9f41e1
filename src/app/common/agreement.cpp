#include "app/common/agreement.hpp"

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

void settle(mpi::Communicator comm, const Failure& own) {
    constexpr std::int64_t kNobody = std::numeric_limits<std::int32_t>::max();
    const std::int64_t first =
        -mpi::max(comm, own.code == 0 ? -kNobody : -std::int64_t{comm.rank()});
    if (first == kNobody) return;
    const std::int64_t code = mpi::broadcast(comm, static_cast<int>(first), own.code);
    const std::string message = mpi::broadcast(comm, static_cast<int>(first), own.message);
    throw AgreedError(static_cast<ExitCode>(code), message);
}

}  // namespace

void agree(mpi::Communicator comm, const std::function<void()>& work) {
    settle(comm, attempt(work));
}

void agree_idly(mpi::Communicator comm, const std::function<void()>& work) {
    const Failure own = attempt(work);
    mpi::idle_barrier(comm);
    settle(comm, own);
}

void agree_on_root(mpi::Communicator comm, const std::function<void()>& work) {
    agree(comm, [&] {
        if (comm.rank() == 0) work();
    });
}

}  // namespace hogwild::app
