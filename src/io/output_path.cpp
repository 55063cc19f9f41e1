#include "io/output_path.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <thread>

#include "data/error.hpp"
#include "data/stopwatch.hpp"
#include "io/own_files.hpp"
#include "io/system_error.hpp"

namespace hogwild::io {
namespace {

namespace fs = std::filesystem;
using Kind = OutputTarget::Kind;

constexpr int kMostLinks = 40;  // as many as Linux follows

[[noreturn]] void refuse_output(const std::string& name, const std::string& why) {
    throw Error(ExitCode::cannot_create, name + ": " + why);
}

fs::path folder_of(const fs::path& path) {
    return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

/// The number of a descriptor that /proc shows for this process, where /dev/stdout and /dev/fd/N
/// lead; else -1.
int own_descriptor(const fs::path& folder, const std::string& file) {
    const std::string own = "/proc/" + std::to_string(::getpid()) + "/";
    if (!folder.string().starts_with(own) || folder.filename() != "fd") return -1;
    const bool digits = !file.empty() && file.size() <= 9 &&
                        std::ranges::all_of(file, [](unsigned char c) { return std::isdigit(c); });
    return digits ? std::stoi(file) : -1;
}

Kind kind_of(mode_t mode) {
    if (S_ISREG(mode)) return Kind::file;
    return S_ISFIFO(mode) || S_ISCHR(mode) ? Kind::stream : Kind::other;
}

/// In a folder such as /tmp any user can place a link with the name of an output and so choose
/// which file is overwritten. There, as with Linux' fs.protected_symlinks, only links of this user
/// and of the folder's owner are followed.
void check_link(const std::string& name, const struct stat& link, const fs::path& folder) {
    struct stat status {};
    if (::stat(folder.c_str(), &status) != 0) fail_for(name, errno, ExitCode::cannot_create);
    constexpr mode_t kShared = S_ISVTX | S_IWOTH;
    if ((status.st_mode & kShared) != kShared) return;
    if (link.st_uid == ::geteuid() || link.st_uid == status.st_uid) return;
    refuse_output(name,
                  "is a link of another user in a folder where all users may write; name the file "
                  "itself, or a folder of your own");
}

/// Opens a pipe or a device. A pipe can only be written once a process reads it, and a command that
/// waited for this forever would seem to hang.
Descriptor open_with_reader(const std::string& path) {
    constexpr double kPatience = 10.0;  // s
    const data::Stopwatch watch;
    for (;;) {
        Descriptor file(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
        if (file) {
            const int flags = ::fcntl(file.fd(), F_GETFL);
            if (::fcntl(file.fd(), F_SETFL, flags & ~O_NONBLOCK) != 0) return Descriptor();
            return file;
        }
        if (errno != ENXIO || watch.seconds() > kPatience) return file;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
}

}  // namespace

OutputTarget resolve_output(const std::string& name) {
    if (name == "-") return {name, Kind::stream, STDOUT_FILENO};
    fs::path path(name);
    for (int links = 0; links <= kMostLinks; ++links) {
        const std::string file = path.filename().string();
        std::error_code error;
        const fs::path folder = fs::canonical(folder_of(path), error);
        if (error) refuse_output(name, error.message());
        if (const int fd = own_descriptor(folder, file); fd >= 0) {
            return {path.string(), Kind::stream, fd};
        }
        if (is_own_name(file)) {
            throw Error(ExitCode::usage,
                        name +
                            ": such names are hogwild's own, for its temporary files and locks; "
                            "name another output");
        }
        struct stat status {};
        if (::lstat(path.c_str(), &status) != 0) {
            if (errno != ENOENT) fail_for(name, errno, ExitCode::cannot_create);
            return {path.string(), file.empty() ? Kind::other : Kind::missing};
        }
        if (!S_ISLNK(status.st_mode)) return {path.string(), kind_of(status.st_mode)};
        check_link(name, status, folder);
        const fs::path next = fs::read_symlink(path, error);
        if (error) refuse_output(name, error.message());
        path = folder_of(path) / next;
    }
    refuse_output(name, std::strerror(ELOOP));
}

Descriptor open_stream(const OutputTarget& stream, const std::string& name) {
    Descriptor file;
    if (stream.descriptor >= 0) {
        // A copy of the descriptor: opening the name would empty the file that standard output
        // leads to.
        const int flags = ::fcntl(stream.descriptor, F_GETFL);
        if (flags >= 0 && (flags & O_ACCMODE) == O_RDONLY)
            refuse_output(name, "is not open for writing");
        file = Descriptor(::fcntl(stream.descriptor, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
    } else {
        file = open_with_reader(stream.path);
    }
    if (!file && errno == ENXIO)
        refuse_output(name, "no program reads from this pipe; start its reader first");
    if (!file) fail_for(name, errno, ExitCode::cannot_create);
    return file;
}

bool is_standard_output(const std::string& name) {
    return !name.empty() && resolve_output(name).descriptor == STDOUT_FILENO;
}

}  // namespace hogwild::io
