#pragma once
#include <string>

#include "hogwild/export.hpp"

/// @file
/// The version of libhogwild that a program uses.

namespace hogwild {

/// The version of the loaded library, as files and logs contain it: version and commit, for example
/// "0.1.0 (git 0123456789ab)". Never empty. Safe to call from any thread.
HOGWILD_EXPORT std::string version();

/// Compiler and build type of the library, and the HDF5 that it reads files with, for example
/// "g++ 12.2.0, Release, HDF5 1.10.8". Call it while no other thread uses HDF5.
HOGWILD_EXPORT std::string build_description();

}  // namespace hogwild
