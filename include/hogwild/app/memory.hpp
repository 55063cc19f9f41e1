#pragma once
#include <cstdint>

namespace hogwild::app {

/// This process's peak resident memory so far in bytes: private pages plus a fair share of those
/// that it shares with other processes. 0 where /proc does not tell.
std::int64_t peak_memory();

}  // namespace hogwild::app
