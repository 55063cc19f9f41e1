#include "io/pending_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

#include "data/error.hpp"
#include "io/output_path.hpp"
#include "io/own_files.hpp"
#include "io/system_error.hpp"

namespace hogwild::io {
namespace {

/// @return 0 or errno.
int sync_and_close(Descriptor file) {
    if (!file) return errno;
    const int synced = ::fsync(file.fd()) == 0 ? 0 : errno;
    const int closed = file.close();
    return synced != 0 ? synced : closed;
}

/// Gives the new file owner, group and mode of the one that it replaces. If the group cannot be
/// kept, another group does not get its permissions.
void keep_access(int fd, const struct stat& replaced) {
    mode_t mode = replaced.st_mode & (S_IRWXU | S_IRWXG | S_IRWXO);
    struct stat status {};
    const bool same = ::fstat(fd, &status) == 0 && status.st_uid == replaced.st_uid &&
                      status.st_gid == replaced.st_gid;
    if (!same && ::fchown(fd, replaced.st_uid, replaced.st_gid) != 0 &&
        ::fchown(fd, static_cast<uid_t>(-1), replaced.st_gid) != 0) {
        mode &= ~static_cast<mode_t>(S_IRWXG);
    }
    if (::fchmod(fd, mode) != 0) return;  // a file system without modes
}

/// @return the name of a new, empty file. @param fd  the file, open for writing, or -1 and errno.
std::string create_temporary(const std::string& target, mode_t mode, int& fd) {
    for (;;) {
        std::string path = random_temporary_path(target);
        fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
        if (fd >= 0 || errno != EEXIST) return path;
    }
}

std::string what_it_is(const OutputTarget& target) {
    return target.descriptor >= 0 ? "is an open stream" : "is a directory or a device";
}

}  // namespace

PendingFile::PendingFile(std::string final_path) : final_(std::move(final_path)) {
    const OutputTarget target = resolve_output(final_);
    const bool replaces = target.kind == OutputTarget::Kind::file;
    if (!replaces && target.kind != OutputTarget::Kind::missing) {
        throw Error(ExitCode::cannot_create,
                    final_ + ": " + what_it_is(target) + ", not a file; name another");
    }
    target_ = target.path;
    const StopSignalHold hold;
    int fd = -1;
    const std::string created = create_temporary(target_, replaces ? 0600 : 0666, fd);
    const Descriptor file(fd);
    struct stat status {};
    if (!file || ::fstat(fd, &status) != 0) fail_for(final_, errno, ExitCode::cannot_create);
    device_ = status.st_dev;
    inode_ = status.st_ino;
    leftover_ = Leftover(created, fd);
    temporary_ = created;
}

PendingFile::PendingFile(PendingFile&& other) noexcept
    : final_(std::move(other.final_)),
      target_(std::move(other.target_)),
      temporary_(std::exchange(other.temporary_, {})),
      device_(other.device_),
      inode_(std::exchange(other.inode_, 0)),
      leftover_(std::move(other.leftover_)) {}

PendingFile::~PendingFile() {
    if (temporary_.empty()) return;
    const StopSignalHold hold;
    leftover_.forget();
    if (is_ours(temporary_)) ::unlink(temporary_.c_str());
}

void PendingFile::fail(const std::string& why) const {
    throw Error(ExitCode::io, final_ + ": " + why);
}

bool PendingFile::is_ours(const std::string& path) const noexcept {
    struct stat status {};
    // A file system may give a link the inode number of the file that it replaced.
    return ::lstat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
           status.st_dev == device_ && status.st_ino == inode_;
}

const std::string& PendingFile::temporary_path() const {
    if (!temporary_.empty() && !is_ours(temporary_)) {
        fail("its temporary file " + temporary_ + " is gone, or another file has taken its place");
    }
    return temporary_;
}

Descriptor PendingFile::open_as(int flags) const {
    Descriptor file(::open(temporary_path().c_str(), flags | O_NOFOLLOW | O_CLOEXEC));
    if (!file) fail(std::strerror(errno));
    return file;
}

Descriptor PendingFile::open() const { return open_as(O_WRONLY); }

void PendingFile::commit(const std::string& previous) {
    Descriptor file = open_as(O_RDONLY);
    struct stat replaced {};
    if (::lstat(target_.c_str(), &replaced) == 0 && S_ISREG(replaced.st_mode)) {
        keep_access(file.fd(), replaced);
    }
    if (const int error = sync_and_close(std::move(file)); error != 0) fail(std::strerror(error));
    const StopSignalHold hold;  // between the renames there is no file of the final name
    if (!previous.empty() && std::rename(target_.c_str(), previous.c_str()) != 0) {
        fail("cannot rename to " + previous + ": " + std::strerror(errno));
    }
    if (std::rename(temporary_.c_str(), target_.c_str()) != 0) {
        fail(std::string("cannot rename into place: ") + std::strerror(errno));
    }
    temporary_.clear();
    leftover_.forget();
    // The name is durable only once its directory is; some file systems refuse (EINVAL), fine.
    std::filesystem::path directory = std::filesystem::path(target_).parent_path();
    if (directory.empty()) directory = ".";
    const int error =
        sync_and_close(Descriptor(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
    if (error == EIO || error == ENOSPC) fail(std::strerror(error));
}

void PendingFile::withdraw() noexcept {
    if (temporary_.empty() && is_ours(target_)) ::unlink(target_.c_str());
}

}  // namespace hogwild::io
