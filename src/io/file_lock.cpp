#include "hogwild/io/file_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "hogwild/data/error.hpp"

namespace hogwild::io {

FileLock::FileLock(const std::string& output) {
    if (acquire(output)) return;
    throw Error(ExitCode::cannot_create,
                output + ": another run is still writing it; wait for it or choose another name");
}

std::optional<FileLock> FileLock::try_for(const std::string& output) {
    FileLock lock;
    if (!lock.acquire(output)) return std::nullopt;
    return lock;
}

bool FileLock::acquire(const std::string& output) {
    path_ = output + ".lock";
    for (;;) {
        const StopSignalHold hold;
        fd_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (fd_ < 0) throw Error(ExitCode::cannot_create, output + ": " + std::strerror(errno));
        if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
            const int error = errno;
            ::close(std::exchange(fd_, -1));
            return error != EWOULDBLOCK;  // a file system without locks: go on without
        }
        // The previous owner may have removed the name between our open and our lock.
        struct stat held {};
        struct stat named {};
        if (::fstat(fd_, &held) == 0 && ::stat(path_.c_str(), &named) == 0 &&
            held.st_ino == named.st_ino && held.st_dev == named.st_dev) {
            leftover_ = Leftover(path_, fd_);
            return true;
        }
        ::close(std::exchange(fd_, -1));
    }
}

FileLock::FileLock(FileLock&& other) noexcept
    : path_(std::move(other.path_)),
      fd_(std::exchange(other.fd_, -1)),
      leftover_(std::move(other.leftover_)) {}

FileLock::~FileLock() {
    if (fd_ < 0) return;
    const StopSignalHold hold;
    leftover_.forget();
    ::unlink(path_.c_str());
    ::close(fd_);
}

}  // namespace hogwild::io
