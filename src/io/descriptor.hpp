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
    /// @return 0 or errno; 0 too if nothing is open.
    int close() noexcept;

private:
    int fd_ = -1;
};

/// Writes all of `bytes`; waits while a pipe is full. If the reader of a pipe has exited, returns
/// EPIPE instead of raising SIGPIPE.
/// @return 0 or errno.
int write_all(int fd, std::string_view bytes);

}  // namespace hogwild::io
