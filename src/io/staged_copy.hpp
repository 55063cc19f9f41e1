#pragma once
#include <cstdint>
#include <functional>
#include <string>

namespace hogwild::io {

/// A verified copy of a dataset file in a faster place.
struct StagedCopy {
    std::string path;
    std::int64_t bytes = 0;
    bool made_now = false;  ///< else it was there, and whole
};

/// Makes sure that there is a whole copy of a dataset file in `directory`, which is created if need
/// be.
///
/// The copy's name tells the content, so different files never share one and a copy can be used
/// again by any later run. One that is there is read completely and compared with its digests; if
/// it is damaged it is replaced. A copy under way has another name and is verified before it gets
/// its own. Programs that want the same copy wait for each other.
/// @param between  called between blocks of the copy; may throw to end it.
/// @throws Error: no_input, bad_data for the original; cannot_create; io (a full disk).
StagedCopy stage_copy(const std::string& original, const std::string& directory,
                      const std::function<void()>& between = {});

}  // namespace hogwild::io
