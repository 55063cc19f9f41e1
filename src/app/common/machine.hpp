#pragma once
#include <cstdint>
#include <string>

namespace hogwild::app {

/// The machine that this process runs on, as far as the system tells.
struct Machine {
    std::string cpu;                    ///< model name
    int cores = 1;                      ///< online
    std::int64_t last_level_cache = 0;  ///< bytes of one
    int last_level_caches = 1;          ///< how many there are
};
Machine this_machine();

}  // namespace hogwild::app
