#include "app/common/proc_files.hpp"

#include <fstream>
#include <sstream>

namespace hogwild::app {

std::string proc_text(const char* file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

std::int64_t proc_bytes(const std::string& text, const std::string& key) {
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
        if (!line.starts_with(key + ":")) continue;
        std::int64_t kilobytes = 0;
        std::istringstream(line.substr(key.size() + 1)) >> kilobytes;
        return 1024 * kilobytes;
    }
    return 0;
}

}  // namespace hogwild::app
