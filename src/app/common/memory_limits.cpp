/// What limits the memory of this process and of its node.
#include "app/common/memory_limits.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>

#include "app/common/memory.hpp"
#include "app/common/proc_files.hpp"

namespace hogwild::app {
namespace {

constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();

/// Of the host, swap included.
std::int64_t available_on_host() {
    const std::string text = proc_text("/proc/meminfo");
    const std::int64_t available = proc_bytes(text, "MemAvailable");
    return available > 0 ? available + proc_bytes(text, "SwapFree") : kNoLimit;
}

/// The number at the beginning of a file, or of a line "<key> <n>" in it; -1 where there is none.
std::int64_t number_in(const std::string& path, const std::string& key = "") {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        if (!key.empty() && !line.starts_with(key + " ")) continue;
        const std::size_t begin = key.empty() ? 0 : key.size() + 1;
        std::istringstream text(line.substr(std::min(begin, line.size())));
        std::int64_t number = 0;
        return text >> number ? number : -1;
    }
    return -1;
}

/// The group of this process in a hierarchy of /proc/self/cgroup; "" for the root, or for none.
std::string cgroup_of(const std::string& controller) {
    std::istringstream lines(proc_text("/proc/self/cgroup"));
    for (std::string line; std::getline(lines, line);) {
        const std::size_t first = line.find(':');
        const std::size_t second = line.find(':', first + 1);
        if (second == std::string::npos) continue;
        if (line.substr(first + 1, second - first - 1) != controller) continue;
        const std::string path = line.substr(second + 1);
        return path == "/" ? "" : path;
    }
    return "";
}

std::int64_t available_in_cgroups() {
    return std::min(
        available_in_cgroup("/sys/fs/cgroup", cgroup_of(""),
                            {"memory.max", "memory.current", "file"}),
        available_in_cgroup("/sys/fs/cgroup/memory", cgroup_of("memory"),
                            {"memory.limit_in_bytes", "memory.usage_in_bytes", "total_cache"}));
}

/// A whole number in the environment; 0 where there is none.
std::int64_t environment_number(const char* name) {
    const char* const text = std::getenv(name);
    std::int64_t number = 0;
    if (text != nullptr) std::from_chars(text, text + std::string(text).size(), number);
    return number;
}

/// What Slurm has given the job on this node, which it counts in megabytes.
std::int64_t given_by_slurm() {
    constexpr std::int64_t kMegabyte = 1 << 20;
    const std::int64_t node = environment_number("SLURM_MEM_PER_NODE");
    const std::int64_t cores =
        environment_number("SLURM_MEM_PER_CPU") * environment_number("SLURM_CPUS_ON_NODE");
    if (node <= 0 && cores <= 0) return kNoLimit;
    return kMegabyte * (node > 0 ? node : cores);
}

}  // namespace

std::int64_t available_in_cgroup(const std::string& root, std::string group,
                                 const CgroupFiles& files) {
    // version 1 writes a number of nearly 2^63 where there is no limit
    constexpr std::int64_t kMost = std::int64_t{1} << 60;
    std::int64_t least = kNoLimit;
    while (true) {
        const std::string path = root + group + "/";
        const std::int64_t limit = number_in(path + files.limit);  // "max": no number
        if (limit >= 0 && limit < kMost) {
            const std::int64_t usage = number_in(path + files.usage);
            const std::int64_t cache = number_in(path + "memory.stat", files.cache);
            // read one after the other, so the cache may be the larger one
            const std::int64_t used = std::max<std::int64_t>(
                0, std::max<std::int64_t>(0, usage) - std::max<std::int64_t>(0, cache));
            least = std::min(least, std::max<std::int64_t>(0, limit - used));
        }
        if (group.empty()) return least;
        group.resize(group.rfind('/'));
    }
}

std::int64_t available_on_node() {
    return std::min({available_on_host(), available_in_cgroups(), given_by_slurm()});
}

std::int64_t available_to_process() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return kNoLimit;
    const std::int64_t used = proc_bytes(proc_text("/proc/self/status"), "VmSize");
    return std::max<std::int64_t>(0, static_cast<std::int64_t>(limit.rlim_cur) - used);
}

}  // namespace hogwild::app
