#include "hogwild/app/memory.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

namespace hogwild::app {
namespace {

/// What a file of /proc says; read once, for some of them the kernel has to walk all pages.
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

}  // namespace

std::int64_t peak_memory() {
    // The kernel keeps the peak of all resident pages only; what is shared hardly changes during
    // a run, so the share of others in it now is taken off the peak.
    const std::int64_t peak = bytes_of(proc_text("/proc/self/status"), "VmHWM");
    const std::string pages = proc_text("/proc/self/smaps_rollup");
    const std::int64_t resident = bytes_of(pages, "Rss");
    const std::int64_t fair = bytes_of(pages, "Pss");
    return fair > 0 ? std::max(fair, peak - (resident - fair)) : peak;
}

}  // namespace hogwild::app
