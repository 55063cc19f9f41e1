#include "cli/terminal.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace hogwild {
namespace {

Terminal terminal_of(int fd) {
    if (::isatty(fd) != 1) return {};
    Terminal terminal{.present = true};
    winsize size{};
    if (::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) terminal.columns = size.ws_col;
    return terminal;
}

/// Whether mpirun has given this process a pipe for its stderr, and nothing else has since.
bool is_forwarded() {
    struct stat status {};
    return std::getenv("OMPI_COMM_WORLD_SIZE") != nullptr && ::fstat(STDERR_FILENO, &status) == 0 &&
           S_ISFIFO(status.st_mode);
}

}  // namespace

Terminal terminal_of_stderr() {
    const Terminal own = terminal_of(STDERR_FILENO);
    if (own.present || !is_forwarded()) return own;
    const std::string name = "/proc/" + std::to_string(::getppid()) + "/fd/2";
    const int fd = ::open(name.c_str(), O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return {};
    const Terminal forwarded = terminal_of(fd);
    ::close(fd);
    return forwarded;
}

}  // namespace hogwild
