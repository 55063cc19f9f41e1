#include "app/common/memory.hpp"

#include <fmt/core.h>
#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <sstream>

#include "data/error.hpp"
#include "mpi/environment.hpp"
#include "mpi/shared_memory.hpp"

namespace hogwild::app {
namespace {

/// The content of a file of /proc, read once: for some files the kernel walks all pages.
std::string proc_text(const char* file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

/// The value of "<key>: <n> kB", in bytes; 0 if it is not there.
std::int64_t bytes_of(const std::string& text, const std::string& key) {
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
        if (!line.starts_with(key + ":")) continue;
        std::int64_t kilobytes = 0;
        std::istringstream(line.substr(key.size() + 1)) >> kilobytes;
        return 1024 * kilobytes;
    }
    return 0;
}

constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();

/// Of the host, swap included; kNoLimit where /proc does not tell.
std::int64_t available_on_host() {
    const std::string text = proc_text("/proc/meminfo");
    const std::int64_t available = bytes_of(text, "MemAvailable");
    return available > 0 ? available + bytes_of(text, "SwapFree") : kNoLimit;
}

/// Bytes that the limit on the address space leaves to this process.
std::int64_t available_to_process() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return kNoLimit;
    const std::int64_t used = bytes_of(proc_text("/proc/self/status"), "VmSize");
    return std::max<std::int64_t>(0, static_cast<std::int64_t>(limit.rlim_cur) - used);
}

std::string gigabytes(std::int64_t bytes) {
    return fmt::format("{:.1f} GB", static_cast<double>(bytes) / 1e9);
}

}  // namespace

void check_memory(const std::string& what, std::int64_t bytes, int ranks) {
    const std::int64_t host = available_on_host();
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
    const std::int64_t peak = bytes_of(proc_text("/proc/self/status"), "VmHWM");
    const std::string pages = proc_text("/proc/self/smaps_rollup");
    const std::int64_t resident = bytes_of(pages, "Rss");
    const std::int64_t fair = bytes_of(pages, "Pss");
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
