#include "io/staged_copy.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <functional>
#include <numeric>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "data/error.hpp"
#include "io/dataset_file.hpp"
#include "io/descriptor.hpp"
#include "io/file_lock.hpp"
#include "io/pending_file.hpp"
#include "io/system_error.hpp"

namespace hogwild::io {
namespace {

namespace fs = std::filesystem;

void call(const std::function<void()>& between) {
    if (between) between();
}

[[noreturn]] void fail(const std::string& path, int error, const char* advice = "") {
    throw Error(code_of(error, ExitCode::io), path + ": " + system_text(error) + advice);
}

Descriptor open_original(const std::string& path) {
    Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) fail(path, errno);
    return file;
}

/// Reads the next piece. @return false at the end.
bool read_piece(const Descriptor& file, std::vector<char>& buffer, const std::string& path) {
    buffer.resize(std::size_t{4} << 20);
    ssize_t got = 0;
    do {
        got = ::read(file.fd(), buffer.data(), buffer.size());
    } while (got < 0 && errno == EINTR);
    if (got < 0) fail(path, errno);
    buffer.resize(static_cast<std::size_t>(got));
    return got > 0;
}

void copy_bytes(const std::string& from, const PendingFile& to,
                const std::function<void()>& between) {
    constexpr const char* kAdvice = "; make room there, or name another --stage directory";
    const Descriptor in = open_original(from);
    Descriptor out = to.open();
    for (std::vector<char> piece; read_piece(in, piece, from);) {
        const int error = write_all(out.fd(), {piece.data(), piece.size()});
        if (error != 0) fail(to.final_path(), error, kAdvice);
        call(between);
    }
    if (const int error = out.close(); error != 0) fail(to.final_path(), error, kAdvice);
}

/// Whether its content is that of the original with this digest; reads every byte.
bool is_whole(const std::string& path, const std::string& identity) {
    try {
        DatasetFile file(path);
        if (file.identity() != identity) return false;
        file.verify_digests();
        return true;
    } catch (const Error&) {
        return false;  // a file of another kind is not the copy
    }
}

FileLock wait_for_lock(const std::string& path, const std::function<void()>& between) {
    for (;;) {
        if (std::optional<FileLock> lock = FileLock::try_for(path)) return std::move(*lock);
        call(between);
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
}

/// Whether most of a file's bytes are where the original has the same ones: of a copy with a few
/// damaged bytes, or one that breaks off, and of an empty file.
bool resembles(const std::string& path, const std::string& original) {
    const Descriptor in = open_original(original);
    const Descriptor other(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!other) return false;
    std::size_t bytes = 0;
    std::size_t equal = 0;
    std::vector<char> there;
    std::vector<char> wanted;
    while (read_piece(other, there, path)) {
        read_piece(in, wanted, original);
        const auto most = static_cast<std::ptrdiff_t>(std::min(there.size(), wanted.size()));
        bytes += there.size();
        equal += static_cast<std::size_t>(std::inner_product(there.begin(), there.begin() + most,
                                                             wanted.begin(), std::size_t{0},
                                                             std::plus<>(), std::equal_to<>()));
    }
    return 2 * equal >= bytes;
}

bool is_dataset(const std::string& path) {
    try {
        const DatasetFile opened(path);
        return true;
    } catch (const Error&) {
        return false;
    }
}

/// Another file with the copy's name is replaced only if the program made it: another dataset, or a
/// damaged copy. Any other file belongs to the user.
void check_replaceable(const std::string& copy, const std::string& original) {
    struct stat status {};
    if (::lstat(copy.c_str(), &status) != 0) return;
    if (S_ISREG(status.st_mode) && (is_dataset(copy) || resembles(copy, original))) return;
    throw Error(ExitCode::cannot_create, copy + ": has the name of a copy of " + original +
                                             ", but is something else; move it away, or name "
                                             "another --stage directory");
}

void make_copy(const std::string& original, const std::string& copy, const std::string& identity,
               const std::function<void()>& between) {
    check_replaceable(copy, original);
    PendingFile pending(copy);
    copy_bytes(original, pending, between);
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
    const bool there = fs::is_regular_file(copy, error) && is_whole(copy, identity);
    if (!there) make_copy(original, copy, identity, between);
    return {copy, static_cast<std::int64_t>(fs::file_size(copy)), !there};
}

}  // namespace hogwild::io
