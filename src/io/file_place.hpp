#pragma once
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace hogwild::io {

/// The file or stream that a name leads to, even if no file is there yet: to compare names.
struct FilePlace {
    std::optional<int> stream;  ///< descriptor that the name stands for, /dev/stdout for one
    bool device = false;        ///< a terminal, /dev/null, …: may be shared
    dev_t filesystem = 0;       ///< of the file, or else of its folder
    ino_t node = 0;             ///< of the file, or else of its folder
    std::string name;           ///< in the folder; empty: the file is there

    /// Whether both are the same file or stream. Two streams are different even if the shell has
    /// joined them.
    bool same_as(const FilePlace& other) const;
    /// Places without a common key are not the same: for an index of many.
    std::vector<std::string> keys() const;
};

/// Follows links, also those that lead to no file.
/// @param dash  the descriptor that "-" stands for; empty: it is a file of that name.
FilePlace place_of(const std::string& path, std::optional<int> dash = std::nullopt);

}  // namespace hogwild::io
