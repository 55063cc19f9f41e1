#include "hogwild/app/memory.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

namespace hogwild::app {
namespace {

/// The value of "<key>: <n> kB" in a file of /proc, in bytes; 0 if it is not there.
std::int64_t proc_bytes(const char* file, const std::string& key) {
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
        if (!line.starts_with(key + ":")) continue;
        std::int64_t kilobytes = 0;
        std::istringstream(line.substr(key.size() + 1)) >> kilobytes;
        return 1024 * kilobytes;
    }
    return 0;
}

}  // namespace

std::int64_t peak_memory() {
    // The kernel keeps the peak of all resident pages only; what is shared hardly changes during
    // a run, so the share of others in it now is taken off the peak.
    const std::int64_t peak = proc_bytes("/proc/self/status", "VmHWM");
    const std::int64_t resident = proc_bytes("/proc/self/smaps_rollup", "Rss");
    const std::int64_t fair = proc_bytes("/proc/self/smaps_rollup", "Pss");
    return fair > 0 ? std::max(fair, peak - (resident - fair)) : peak;
}

}  // namespace hogwild::app
