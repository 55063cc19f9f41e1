#pragma once
#include <string>

namespace hogwild::io {

/// Opens a new temporary file without a name, which vanishes with the process. Where the file
/// system does not know such files, its name is removed at once.
/// @return a descriptor, or -1, with errno set.
int open_unnamed_file(const std::string& folder);

}  // namespace hogwild::io
