#pragma once
#include <optional>
#include <string>

#include "io/descriptor.hpp"
#include "io/stop_signal.hpp"

namespace hogwild::io {

/// Keeps two running programs from writing the same output, under whatever name: holds
/// `.NAME.hogwild-lock` beside the file, which the system releases when its owner dies, however it
/// dies. A lock file left behind is harmless; the next run removes it, and with it the temporary
/// files that the dead one has left. Streams (see output_path.hpp) are not locked.
class FileLock {
public:
    /// @param output  the file to be written.
    /// @throws Error: cannot_create when another program holds it, or it cannot be made or told.
    explicit FileLock(const std::string& output);
    /// For those who wait: empty while another program holds it.
    /// @throws Error: cannot_create when it cannot be made.
    static std::optional<FileLock> try_for(const std::string& output);
    FileLock(FileLock&& other) noexcept;
    FileLock& operator=(FileLock&&) = delete;
    ~FileLock();

private:
    FileLock() = default;
    bool acquire(const std::string& output);  ///< false: another program holds it

    std::string path_;
    Descriptor file_;
    Leftover leftover_;
};

}  // namespace hogwild::io
