#pragma once
#include <string>

/// Files that the program creates beside an output, with names that users do not choose:
/// `.NAME.hogwild-RANDOM` while NAME is being written, `.NAME.hogwild-lock` as long as it is
/// locked.
namespace hogwild::io {

/// @param target  as in OutputTarget::path, here and below.
std::string lock_path(const std::string& target);

/// A new name at every call. It contains a check sum of itself, so that a user's file with a
/// similar name is not mistaken for a leftover.
/// @throws Error: resource when the system has no random numbers.
std::string random_temporary_path(const std::string& target);

bool is_own_name(const std::string& file_name);

/// Removes the temporary files that killed runs left of `target` and of its shards. Call it only
/// with the lock of `target`: then no other run uses them.
void remove_leftovers(const std::string& target);

}  // namespace hogwild::io
