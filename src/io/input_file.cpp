#include "hogwild/io/input_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace hogwild::io {
namespace {

const char* kind_of(mode_t mode) {
    if (S_ISDIR(mode)) return "a directory";
    if (S_ISFIFO(mode)) return "a pipe";
    if (S_ISSOCK(mode)) return "a socket";
    return "a device";
}

}  // namespace

ExitCode code_of(int error, ExitCode otherwise) {
    switch (error) {
        case EMFILE:
        case ENFILE:
        case ENOMEM:
            return ExitCode::resource;
        case ENOSPC:
        case EDQUOT:
        case EFBIG:
        case EIO:
            return ExitCode::io;
        default:
            return otherwise;
    }
}

std::string system_text(int error) {
    const std::string text = std::strerror(error);
    return error == EMFILE ? text + "; raise the limit (ulimit -n)" : text;
}

void fail_for(const std::string& path, int error, ExitCode otherwise) {
    throw Error(code_of(error, otherwise), path + ": " + system_text(error));
}

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
