#include "hogwild/io/pending_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

#include "hogwild/data/error.hpp"

namespace hogwild::io {
namespace {

/// fsync of a file or directory by name. @return 0 or errno.
int sync_path(const std::string& path, int flags) {
    const int fd = ::open(path.c_str(), flags | O_CLOEXEC);
    if (fd < 0) return errno;
    const int synced = ::fsync(fd) == 0 ? 0 : errno;
    const int closed = ::close(fd) == 0 ? 0 : errno;
    return synced != 0 ? synced : closed;
}

}  // namespace

PendingFile::PendingFile(std::string final_path)
    : final_(std::move(final_path)), temporary_(final_ + ".part") {
    std::error_code ignored;
    const std::string target = std::exchange(temporary_, std::string());
    if (std::filesystem::exists(final_, ignored) &&
        !std::filesystem::is_regular_file(final_, ignored)) {
        throw Error(ExitCode::cannot_create,
                    final_ + ": is a directory or a device, not a file; name another");
    }
    const StopSignalHold hold;
    const int fd = ::open(target.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) throw Error(ExitCode::cannot_create, final_ + ": " + std::strerror(errno));
    leftover_ = Leftover(target, fd);
    ::close(fd);
    temporary_ = target;
}

PendingFile::PendingFile(PendingFile&& other) noexcept
    : final_(std::move(other.final_)),
      temporary_(std::exchange(other.temporary_, {})),
      leftover_(std::move(other.leftover_)) {}

PendingFile::~PendingFile() {
    if (temporary_.empty()) return;
    const StopSignalHold hold;
    leftover_.forget();
    ::unlink(temporary_.c_str());
}

void PendingFile::commit(const std::string& previous) {
    if (const int error = sync_path(temporary_, O_RDONLY); error != 0) {
        throw Error(ExitCode::io, final_ + ": " + std::strerror(error));
    }
    const StopSignalHold hold;  // between the renames there is no file of the final name
    if (!previous.empty() && std::rename(final_.c_str(), previous.c_str()) != 0) {
        throw Error(ExitCode::io,
                    final_ + ": cannot rename to " + previous + ": " + std::strerror(errno));
    }
    if (std::rename(temporary_.c_str(), final_.c_str()) != 0) {
        throw Error(ExitCode::io, final_ + ": cannot rename into place: " + std::strerror(errno));
    }
    temporary_.clear();
    leftover_.forget();
    // The name is durable only once its directory is; some file systems refuse (EINVAL), fine.
    std::filesystem::path directory = std::filesystem::path(final_).parent_path();
    if (directory.empty()) directory = ".";
    const int error = sync_path(directory.string(), O_RDONLY | O_DIRECTORY);
    if (error == EIO || error == ENOSPC) {
        throw Error(ExitCode::io, final_ + ": " + std::strerror(error));
    }
}

bool same_file(const std::string& a, const std::string& b) {
    namespace fs = std::filesystem;
    std::error_code error;
    if (fs::equivalent(a, b, error) && !error) return true;
    const fs::path left = fs::weakly_canonical(fs::absolute(a, error), error);
    const fs::path right = fs::weakly_canonical(fs::absolute(b, error), error);
    return !error && left == right;
}

void check_not_input(const std::string& output, const std::vector<std::string>& inputs) {
    for (const std::string& input : inputs) {
        if (same_file(output, input)) {
            throw Error(ExitCode::usage, output + ": is an input; name another output");
        }
    }
}

}  // namespace hogwild::io
