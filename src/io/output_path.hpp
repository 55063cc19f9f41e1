#pragma once
#include <string>

#include "io/descriptor.hpp"

namespace hogwild::io {

/// What an output's name leads to.
struct OutputTarget {
    enum class Kind {
        missing,  ///< nothing yet: a file will be created
        file,     ///< a regular file, which is replaced
        stream,   ///< standard output, a pipe or a device such as /dev/null: written as it is
        other     ///< a directory, for example, which cannot be written
    };
    std::string path;  ///< of the file itself, behind all symbolic links
    Kind kind;
    int descriptor = -1;  ///< of a stream that this process has open already

    bool is_stream() const noexcept { return kind == Kind::stream; }
};

/// Follows symbolic links, also one to a file that does not exist yet. `-`, /dev/stdout,
/// /dev/stderr and /dev/fd/N are the descriptors of this process.
/// @throws Error: cannot_create when a folder is missing, links go in circles, or another user has
/// placed a link in a folder where all users may write; usage for a name that
///         only the program itself gives.
OutputTarget resolve_output(const std::string& name);

/// @param name  for messages. @throws Error: cannot_create.
Descriptor open_stream(const OutputTarget& stream, const std::string& name);

/// Whether this output is the standard output; false for "".
bool is_standard_output(const std::string& name);

}  // namespace hogwild::io
