#include "hogwild/io/staged_copy.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "hogwild/data/error.hpp"
#include "hogwild/io/dataset_file.hpp"
#include "hogwild/io/file_lock.hpp"
#include "hogwild/io/input_file.hpp"
#include "hogwild/io/pending_file.hpp"

namespace hogwild::io {
namespace {

namespace fs = std::filesystem;

void call(const std::function<void()>& between) {
    if (between) between();
}

[[noreturn]] void fail(const std::string& path, int error, const char* advice = "") {
    throw Error(code_of(error, ExitCode::io), path + ": " + system_text(error) + advice);
}

/// A file descriptor for the time of a copy.
class Descriptor {
public:
    explicit Descriptor(int fd) : fd_(fd) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    int fd() const noexcept { return fd_; }
    int close() { return ::close(std::exchange(fd_, -1)); }

private:
    int fd_;
};

/// @param shown  the name that the user knows `to` by.
void copy_bytes(const std::string& from, const std::string& to, const std::string& shown,
                const std::function<void()>& between) {
    constexpr const char* kAdvice = "; make room there, or name another --stage directory";
    const Descriptor in(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
    if (in.fd() < 0) fail(from, errno);
    Descriptor out(::open(to.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC));
    if (out.fd() < 0) fail(shown, errno);
    std::vector<char> buffer(std::size_t{4} << 20);
    for (;;) {
        const ssize_t got = ::read(in.fd(), buffer.data(), buffer.size());
        if (got == 0) break;
        if (got < 0 && errno != EINTR) fail(from, errno);
        for (ssize_t done = 0; done < got;) {
            const ssize_t put =
                ::write(out.fd(), buffer.data() + done, static_cast<std::size_t>(got - done));
            if (put < 0 && errno != EINTR) fail(shown, errno, kAdvice);
            if (put > 0) done += put;
        }
        call(between);
    }
    if (out.close() != 0) fail(shown, errno, kAdvice);
}

/// Whether it holds what a file of this identity must hold; every byte is read.
bool is_whole(const std::string& path, const std::string& identity) {
    try {
        DatasetFile file(path);
        if (file.identity() != identity) return false;
        file.verify_digests();
        return true;
    } catch (const Error&) {
        return false;  // whatever it is, it is not the copy
    }
}

FileLock wait_for_lock(const std::string& path, const std::function<void()>& between) {
    for (;;) {
        if (std::optional<FileLock> lock = FileLock::try_for(path)) return std::move(*lock);
        call(between);
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
}

void make_copy(const std::string& original, const std::string& copy, const std::string& identity,
               const std::function<void()>& between) {
    ::unlink(copy.c_str());  // a damaged one would take the room
    PendingFile pending(copy);
    copy_bytes(original, pending.temporary_path(), copy, between);
    if (!is_whole(pending.temporary_path(), identity)) {
        throw Error(ExitCode::bad_data, original + ": a fresh copy of it in " +
                                            fs::path(copy).parent_path().string() +
                                            " is not what was written; see hdf5_inspect --verify");
    }
    pending.commit();
}

}  // namespace

StagedCopy stage_copy(const std::string& original, const std::string& directory,
                      const std::function<void()>& between) {
    const std::string identity = DatasetFile(original).identity();
    std::error_code error;
    fs::create_directories(directory, error);
    if (error) throw Error(ExitCode::cannot_create, directory + ": " + error.message());
    const fs::path name = fs::path(original).filename();
    const std::string copy =
        (fs::path(directory) / (name.stem().string() + "." + identity + name.extension().string()))
            .string();

    const FileLock lock = wait_for_lock(copy, between);
    const bool there = is_whole(copy, identity);
    if (!there) make_copy(original, copy, identity, between);
    return {copy, static_cast<std::int64_t>(fs::file_size(copy)), !there};
}

}  // namespace hogwild::io
