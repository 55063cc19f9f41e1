#include "app/common/machine.hpp"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <set>

namespace hogwild::app {
namespace {

/// The first line of a file of /sys; empty if there is none.
std::string line_of(const std::string& path) {
    std::ifstream in(path);
    std::string line;
    std::getline(in, line);
    return line;
}

/// "32768K" in bytes; 0 for what is no size.
std::int64_t size_of(const std::string& text) {
    std::int64_t size = 0;
    std::size_t k = 0;
    for (; k < text.size() && text[k] >= '0' && text[k] <= '9'; ++k)
        size = 10 * size + text[k] - '0';
    const char unit = k < text.size() ? text[k] : ' ';
    return unit == 'G' ? size << 30 : unit == 'M' ? size << 20 : unit == 'K' ? size << 10 : size;
}

struct Cache {
    int level = 0;
    std::int64_t bytes = 0;
    std::string cpus;  ///< that share it
};

Cache last_level_of(int cpu) {
    Cache last;
    for (int k = 0; k < 8; ++k) {
        const std::string folder = "/sys/devices/system/cpu/cpu" + std::to_string(cpu) +
                                   "/cache/index" + std::to_string(k) + "/";
        const std::string level = line_of(folder + "level");
        if (level.empty() || line_of(folder + "type") == "Instruction") continue;
        if (const int n = level[0] - '0'; n > last.level) {
            last = {n, size_of(line_of(folder + "size")), line_of(folder + "shared_cpu_list")};
        }
    }
    return last;
}

void find_caches(Machine& machine) {
    std::set<std::string> distinct;
    for (int cpu = 0; cpu < machine.cores; ++cpu) {
        const Cache last = last_level_of(cpu);
        if (last.bytes == 0) continue;
        machine.last_level_cache = std::max(machine.last_level_cache, last.bytes);
        distinct.insert(last.cpus);
    }
    machine.last_level_caches = std::max(1, static_cast<int>(distinct.size()));
    if (machine.last_level_cache > 0) return;
    for (const int name : {_SC_LEVEL3_CACHE_SIZE, _SC_LEVEL2_CACHE_SIZE}) {
        machine.last_level_cache = std::max<std::int64_t>(machine.last_level_cache, sysconf(name));
    }
    // Containers may hide the size: then take one that is common among servers.
    if (machine.last_level_cache <= 0) machine.last_level_cache = std::int64_t{32} << 20;
}

std::string cpu_name() {
    std::ifstream in("/proc/cpuinfo");
    for (std::string line; std::getline(in, line);) {
        const std::size_t colon = line.find(": ");
        if (line.starts_with("model name") && colon != std::string::npos) {
            return line.substr(colon + 2);
        }
    }
    return "unknown processor";
}

}  // namespace

Machine this_machine() {
    Machine machine;
    machine.cpu = cpu_name();
    machine.cores = static_cast<int>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN)));
    find_caches(machine);
    return machine;
}

}  // namespace hogwild::app
