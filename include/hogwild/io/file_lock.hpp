#pragma once
#include <optional>
#include <string>

#include "hogwild/io/stop_signal.hpp"

namespace hogwild::io {

/// Keeps two running programs from writing the same output: holds `NAME.lock`, which the system
/// releases when its owner dies, however it dies. A lock file left behind is harmless.
class FileLock {
public:
    /// @param output  the file to be written.
    /// @throws Error: cannot_create when another program holds it or it cannot be made.
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
    int fd_ = -1;
    Leftover leftover_;
};

}  // namespace hogwild::io
