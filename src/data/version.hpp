#pragma once
#include <string>

namespace hogwild::data {

/// "0.1.0 (git 0123456789ab)": what files and logs are stamped with.
std::string program_version();
/// Compiler, its version and the build type.
std::string compiler_description();

}  // namespace hogwild::data
