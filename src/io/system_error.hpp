#pragma once
#include <string>

#include "data/error.hpp"

namespace hogwild::io {

/// The exit code for an error number of the system: `resource` for too many
/// open files or no memory, `io` for a full or failing disk, else `otherwise`.
ExitCode code_of(int error, ExitCode otherwise);

/// The system's message for an error number, with advice if we know any.
std::string system_text(int error);

/// @throws Error(code_of(error, otherwise)): "<path>: <system_text(error)>".
[[noreturn]] void fail_for(const std::string& path, int error, ExitCode otherwise);

}  // namespace hogwild::io
