#pragma once
#include <cstdint>
#include <functional>
#include <string>

namespace hogwild::io {

/// A verified copy of a dataset file in a faster place.
struct StagedCopy {
    std::string path;
    std::int64_t bytes = 0;
    bool made_now = false;  ///< else a complete copy was there
};

/// Makes sure that `directory`, which is created if necessary, has a complete copy of a dataset
/// file.
///
/// The copy's name identifies the content, so different files never share a copy and any later run
/// can use it again. An existing copy is read completely, compared with its digests, and replaced
/// if damaged. A copy is written under another name and verified before it gets its own. Programs
/// that need the same copy wait for each other.
/// @param between  called between blocks of the copy; may throw to end it.
/// @throws Error: no_input, bad_data for the original; cannot_create; io (a full disk).
StagedCopy stage_copy(const std::string& original, const std::string& directory,
                      const std::function<void()>& between = {});

}  // namespace hogwild::io
