#include "hogwild/io/descriptor.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

namespace hogwild::io {

int Descriptor::close() noexcept {
    if (fd_ < 0) return 0;
    return ::close(std::exchange(fd_, -1)) == 0 ? 0 : errno;
}

int write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(fd, bytes.data(), bytes.size());
        if (written > 0) {
            bytes.remove_prefix(static_cast<std::size_t>(written));
        } else if (written == 0) {
            return ENOSPC;
        } else if (errno == EAGAIN) {  // whoever shares the pipe made it non-blocking
            pollfd room{fd, POLLOUT, 0};
            ::poll(&room, 1, -1);
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

}  // namespace hogwild::io
