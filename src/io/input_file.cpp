#include "io/input_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "data/error.hpp"
#include "io/system_error.hpp"

namespace hogwild::io {
namespace {

const char* kind_of(mode_t mode) {
    if (S_ISDIR(mode)) return "a directory";
    if (S_ISFIFO(mode)) return "a pipe";
    if (S_ISSOCK(mode)) return "a socket";
    return "a device";
}

}  // namespace

void check_regular_file(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) fail_for(path, errno, ExitCode::no_input);
    if (!S_ISREG(status.st_mode)) {
        throw Error(ExitCode::no_input,
                    path + ": is " + kind_of(status.st_mode) + ", not a regular file");
    }
    const int fd = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) fail_for(path, errno, ExitCode::no_input);
    ::close(fd);
}

}  // namespace hogwild::io
