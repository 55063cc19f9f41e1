#pragma once
#include <string_view>
#include <utility>

namespace hogwild::io {

/// Owns a file descriptor.
class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int fd) noexcept : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~Descriptor() { close(); }

    int fd() const noexcept { return fd_; }
    explicit operator bool() const noexcept { return fd_ >= 0; }
    /// @return 0 or errno; 0 too where there is nothing to close.
    int close() noexcept;

private:
    int fd_ = -1;
};

/// Writes all of `bytes`, in pieces where the system takes them so; waits for a pipe that is full.
/// A reader that has left is an error (EPIPE), whatever SIGPIPE would do.
/// @return 0 or errno.
int write_all(int fd, std::string_view bytes);

}  // namespace hogwild::io
