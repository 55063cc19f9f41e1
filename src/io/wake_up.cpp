#include "io/wake_up.hpp"

#include <poll.h>
#include <sys/eventfd.h>

#include <array>
#include <cerrno>
#include <cstdint>

#include "io/system_error.hpp"

namespace hogwild::io {

WakeUp::WakeUp() : event_(::eventfd(0, EFD_CLOEXEC)) {
    if (!event_) fail_for("eventfd", errno, ExitCode::resource);
}

void WakeUp::raise() noexcept { ::eventfd_write(event_.fd(), 1); }

bool WakeUp::wait_for(int fd) const noexcept {
    std::array<pollfd, 2> events{{{event_.fd(), POLLIN, 0}, {fd, POLLIN, 0}}};
    while (::poll(events.data(), events.size(), -1) < 0 && errno == EINTR) {
    }
    return events[0].revents == 0;
}

}  // namespace hogwild::io
