#include "cli/terminal.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
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

bool started_by_open_mpi() { return std::getenv("OMPI_COMM_WORLD_SIZE") != nullptr; }

/// 0: unknown.
pid_t parent_of(pid_t process) {
    std::ifstream file("/proc/" + std::to_string(process) + "/stat");
    std::string text{std::istreambuf_iterator<char>(file), {}};
    const std::size_t name_end = text.rfind(')');  // a name may contain any character
    if (name_end == std::string::npos) return 0;
    char state = 0;
    pid_t parent = 0;
    std::istringstream(text.substr(name_end + 1)) >> state >> parent;
    return parent;
}

/// The stream of the nearest ancestor whose stream differs from this process's: mpirun's, even if a
/// shell or a wrapper is between. @return -1: there is none, or it cannot be opened.
int open_forwarding_stream(int stream) {
    struct stat own {};
    if (::fstat(stream, &own) != 0) return -1;
    constexpr int kMostGenerations = 8;
    pid_t process = ::getppid();
    for (int k = 0; k < kMostGenerations && process > 1; ++k, process = parent_of(process)) {
        const std::string name =
            "/proc/" + std::to_string(process) + "/fd/" + std::to_string(stream);
        struct stat theirs {};
        if (::stat(name.c_str(), &theirs) != 0) return -1;
        if (theirs.st_dev == own.st_dev && theirs.st_ino == own.st_ino) continue;
        return ::open(name.c_str(), O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    }
    return -1;
}

/// Whether a stream of this process may go through mpirun: not if a user has redirected it to a
/// file.
bool may_be_forwarded(int stream) {
    struct stat status {};
    return ::fstat(stream, &status) == 0 && (S_ISFIFO(status.st_mode) || ::isatty(stream) == 1);
}

}  // namespace

Terminal terminal_of_stream(int stream) {
    if (!started_by_open_mpi()) return terminal_of(stream);
    if (!may_be_forwarded(stream)) return {};
    const int fd = open_forwarding_stream(stream);
    if (fd < 0) return {};
    const Terminal forwarded = terminal_of(fd);
    ::close(fd);
    return forwarded;
}

Terminal terminal_of_stderr() { return terminal_of_stream(STDERR_FILENO); }

}  // namespace hogwild
