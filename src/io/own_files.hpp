#pragma once
#include <string>

/// The files that the program makes for itself beside an output, under names that users do not
/// give:
/// `.NAME.hogwild-RANDOM` while NAME is being written, `.NAME.hogwild-lock` as long as it is
/// locked.
namespace hogwild::io {

/// @param target  as in OutputTarget::path, here and below.
std::string lock_path(const std::string& target);

/// Another name each time. Part of it is a check sum of the rest, so that a leftover is never
/// confused with a user's file of a similar name.
/// @throws Error: resource when the system has no random numbers.
std::string random_temporary_path(const std::string& target);

bool is_own_name(const std::string& file_name);

/// Removes the temporary files that killed runs left of `target` and of its shards. Only for
/// whoever holds the lock of `target`: then no other run has one in use.
void remove_leftovers(const std::string& target);

}  // namespace hogwild::io
