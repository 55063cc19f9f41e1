#include "app/common/memory.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "app/common/proc_files.hpp"
#include "data/error.hpp"
#include "mpi/environment.hpp"
#include "mpi/shared_memory.hpp"

namespace hogwild::app {
namespace {

std::string gigabytes(std::int64_t bytes) {
    return fmt::format("{:.1f} GB", static_cast<double>(bytes) / 1e9);
}

}  // namespace

void check_memory(const std::string& what, std::int64_t bytes, int ranks) {
    const std::int64_t host = available_on_node();
    const std::int64_t process = available_to_process();
    const bool fits = bytes <= process && bytes <= host / ranks;
    if (fits) return;
    throw Error(ExitCode::resource,
                what + " need at least " + gigabytes(bytes) +
                    " of memory for every rank, of which a host has " + std::to_string(ranks) +
                    "; " +
                    (bytes > process
                         ? "a rank may take " + gigabytes(process) + " more (ulimit -v)"
                         : "the host has " + gigabytes(host) + "; use fewer ranks, or more hosts"));
}

std::int64_t peak_memory() {
    // The kernel keeps the peak of all resident pages only; what is shared hardly changes during
    // a run, so the share of others in it now is taken off the peak.
    const std::int64_t peak = proc_bytes(proc_text("/proc/self/status"), "VmHWM");
    const std::string pages = proc_text("/proc/self/smaps_rollup");
    const std::int64_t resident = proc_bytes(pages, "Rss");
    const std::int64_t fair = proc_bytes(pages, "Pss");
    return fair > 0 ? std::max(fair, peak - (resident - fair)) : peak;
}

void check_shared_memory(std::uint64_t needed) {
    constexpr std::uint64_t kSlack = std::uint64_t{1} << 20;  // MPI's own, and pages
    const std::uint64_t free = mpi::shared_memory_free();
    if (needed + kSlack <= free) return;
    throw Error(ExitCode::resource, "the weights need " + std::to_string((needed + kSlack) >> 10) +
                                        " KiB of shared memory, /dev/shm of " + mpi::host_name() +
                                        " has " + std::to_string(free >> 10) +
                                        " KiB; enlarge it (docker: --shm-size)");
}

}  // namespace hogwild::app
