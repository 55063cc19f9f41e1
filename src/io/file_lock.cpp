#include "io/file_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "data/error.hpp"
#include "io/output_path.hpp"
#include "io/own_files.hpp"
#include "io/system_error.hpp"

namespace hogwild::io {
namespace {

/// @return 0 or errno.
int try_lock(const Descriptor& file, int how) {
    while (::flock(file.fd(), how | LOCK_NB) != 0) {
        if (errno != EINTR) return errno;
    }
    return 0;
}

/// Whether the open file still has its name.
bool is_named(const Descriptor& file, const std::string& path) {
    struct stat held {};
    struct stat named {};
    return ::fstat(file.fd(), &held) == 0 && ::lstat(path.c_str(), &named) == 0 &&
           held.st_ino == named.st_ino && held.st_dev == named.st_dev;
}

[[noreturn]] void refuse(const std::string& path, const std::string& why,
                         const std::string& output) {
    throw Error(ExitCode::cannot_create, path + ": " + why + "; if no program is writing " +
                                             output + ", remove it, or name another output");
}

/// NAME.lock may be a user's file, so our lock has another name. By convention, however, NAME.lock
/// says that a process is writing NAME: earlier versions hold a file of that name, other programs
/// make a folder or a link. A lock that is held, or cannot be tested, makes the program stop and is
/// named in the message; a plain file that no process holds is ignored. The program never changes
/// any of them.
bool is_locked_by_convention(const std::string& target, const std::string& output) {
    const std::string path = target + ".lock";
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) return false;
    if (!S_ISREG(status.st_mode)) {
        refuse(path, "is not a file, but may be another program's lock", output);
    }
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!file) {
        refuse(path, std::string("may be the lock of another run: ") + std::strerror(errno),
               output);
    }
    return try_lock(file, LOCK_SH) == EWOULDBLOCK;
}

/// Opens the lock file, which is always empty; a file with content is not ours.
Descriptor open_lock(const std::string& path, const std::string& output) {
    constexpr int kFlags = O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | kFlags, 0666));
    const int error = errno;
    // A lock file of another user can be locked without write permission.
    if (!file && error == EACCES) file = Descriptor(::open(path.c_str(), O_RDONLY | kFlags));
    struct stat status {};
    if (file && ::fstat(file.fd(), &status) == 0 && S_ISREG(status.st_mode) &&
        status.st_size == 0) {
        return file;
    }
    if (file) refuse(path, "is in the place of the lock, but not a lock of hogwild", output);
    if (::lstat(path.c_str(), &status) != 0) {
        fail_for(output, error, ExitCode::cannot_create);
    }
    refuse(path, std::string("cannot be locked: ") + std::strerror(error), output);
}

}  // namespace

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
    const OutputTarget target = resolve_output(output);
    if (target.is_stream()) return true;
    if (is_locked_by_convention(target.path, output)) return false;
    path_ = lock_path(target.path);
    for (;;) {
        const StopSignalHold hold;
        Descriptor file = open_lock(path_, output);
        const int error = try_lock(file, LOCK_EX);
        if (error == EWOULDBLOCK) return false;
        // The previous owner may have removed the name between our open and our lock.
        if (!is_named(file, path_)) continue;
        leftover_ = Leftover(path_, file.fd());
        file_ = std::move(file);
        // On a file system without locks the program continues without one.
        if (error == 0) remove_leftovers(target.path);
        return true;
    }
}

FileLock::FileLock(FileLock&& other) noexcept
    : path_(std::move(other.path_)),
      file_(std::move(other.file_)),
      leftover_(std::move(other.leftover_)) {}

FileLock::~FileLock() {
    if (!file_) return;
    const StopSignalHold hold;
    leftover_.forget();
    if (is_named(file_, path_)) ::unlink(path_.c_str());
}

}  // namespace hogwild::io
