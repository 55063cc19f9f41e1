#pragma once
#include <optional>
#include <string>

#include "io/descriptor.hpp"
#include "io/stop_signal.hpp"

namespace hogwild::io {

/// Prevents two running programs from writing the same output, also under different names. Holds
/// `.NAME.hogwild-lock` beside the file, which the system releases when its owner ends, even if it
/// is killed. A lock file left behind is harmless; the next run removes it, and with it the
/// temporary
/// files that the killed program left. Streams (see output_path.hpp) are not locked.
class FileLock {
public:
    /// @param output  the file to be written.
    /// @throws Error: cannot_create when another program holds it, or the lock cannot be made.
    explicit FileLock(const std::string& output);
    /// For programs that wait: empty while another program holds it.
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
