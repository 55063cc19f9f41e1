#pragma once
#include <string>

#include "data/error.hpp"

namespace hogwild::io {

/// What an error number of the system means to whoever started the program: `resource` for too many
/// open files or no memory, `io` for a full or failing disk, else `otherwise`.
ExitCode code_of(int error, ExitCode otherwise);

/// The system's words for an error number, with what to do where that is known.
std::string system_text(int error);

/// @throws Error(code_of(error, otherwise)): "<path>: <system_text(error)>".
[[noreturn]] void fail_for(const std::string& path, int error, ExitCode otherwise);

}  // namespace hogwild::io
