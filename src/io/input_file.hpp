#pragma once
#include <string>

namespace hogwild::io {

/// Makes sure that an input is a regular file that can be opened for reading. Never waits: opening
/// a named pipe would block until a process writes to it.
/// @throws Error: no_input; resource.
void check_regular_file(const std::string& path);

}  // namespace hogwild::io
