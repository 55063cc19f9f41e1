#include "mpi/shared_memory.hpp"

#include <sys/statvfs.h>

#include <cstdlib>
#include <limits>

namespace hogwild::mpi {

std::uint64_t shared_memory_free() {
    const char* configured = std::getenv("OMPI_MCA_osc_sm_backing_directory");
    struct statvfs status {};
    if (statvfs(configured != nullptr ? configured : "/dev/shm", &status) != 0) {
        return std::numeric_limits<std::uint64_t>::max();
    }
    return std::uint64_t{status.f_bavail} * status.f_frsize;
}

}  // namespace hogwild::mpi
