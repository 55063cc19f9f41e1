#include "hogwild/io/journal.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <utility>

#include "hogwild/data/error.hpp"
#include "hogwild/io/input_file.hpp"

namespace hogwild::io {
namespace {

[[noreturn]] void fail(ExitCode code, const std::string& path, int error) {
    fail_for(path, error, code);
}

/// The journal open for one line, nobody else writing.
class Appending {
public:
    explicit Appending(const std::string& path)
        : path_(path), fd_(::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0666)) {
        if (fd_ < 0) fail(ExitCode::cannot_create, path_, errno);
        struct stat status {};
        if (::fstat(fd_, &status) != 0 || !S_ISREG(status.st_mode)) {
            ::close(fd_);
            throw Error(ExitCode::cannot_create, path_ + ": is a device, not a file; name another");
        }
    }
    Appending(const Appending&) = delete;
    Appending& operator=(const Appending&) = delete;
    ~Appending() {
        if (fd_ >= 0) ::close(fd_);
    }

    void append(std::string text) {
        lock();
        const off_t before = ::lseek(fd_, 0, SEEK_END);
        if (before < 0) fail(ExitCode::io, path_, errno);
        if (before > 0 && last_byte(before) != '\n') text.insert(text.begin(), '\n');
        if (const int error = write_all(text); error != 0) {
            // Half a line would be skipped by readers too; without it the file is cleaner.
            if (::ftruncate(fd_, before) != 0) fail(ExitCode::io, path_, error);
            fail(ExitCode::io, path_, error);
        }
    }

    /// Makes it durable; the lock goes with the file.
    void close() {
        const int synced = ::fsync(fd_) == 0 ? 0 : errno;
        const int closed = ::close(std::exchange(fd_, -1)) == 0 ? 0 : errno;
        if (synced != 0 || closed != 0) fail(ExitCode::io, path_, synced != 0 ? synced : closed);
    }

private:
    /// O_APPEND keeps lines apart on local file systems, the lock does on NFS. Without locks (some
    /// file systems have none) it is O_APPEND alone.
    void lock() {
        while (::flock(fd_, LOCK_EX) != 0) {
            if (errno != EINTR) return;
        }
    }

    char last_byte(off_t size) {
        char last = '\n';
        if (::pread(fd_, &last, 1, size - 1) != 1) fail(ExitCode::io, path_, errno);
        return last;
    }

    /// @return 0 or errno.
    int write_all(const std::string& text) {
        for (std::size_t done = 0; done < text.size();) {
            const ssize_t written = ::write(fd_, text.data() + done, text.size() - done);
            if (written < 0 && errno != EINTR) return errno;
            if (written == 0) return ENOSPC;
            if (written > 0) done += static_cast<std::size_t>(written);
        }
        return 0;
    }

    std::string path_;
    int fd_;
};

/// A line that its writer could have finished: nothing in it is wrong but its end.
bool is_torn(const std::string& text, const nlohmann::json::parse_error& error) {
    return text.front() == '{' && error.byte > text.size();
}

}  // namespace

void prepare_journal(const std::string& path) { Appending(path).close(); }

void append_to_journal(const std::string& path, const nlohmann::ordered_json& line) {
    using Handler = nlohmann::ordered_json::error_handler_t;
    Appending file(path);
    file.append(line.dump(-1, ' ', false, Handler::replace) + "\n");
    file.close();
}

std::vector<JournalLine> read_journal(const std::string& path) {
    check_regular_file(path);
    std::ifstream in(path);
    if (!in) fail(ExitCode::no_input, path, errno);
    std::vector<JournalLine> lines;
    std::string text;
    for (std::int64_t number = 1; std::getline(in, text); ++number) {
        if (text.empty()) continue;
        const std::string where = path + ":" + std::to_string(number) + ": ";
        try {
            nlohmann::json value = nlohmann::json::parse(text);
            if (!value.is_object()) {
                throw Error(ExitCode::bad_data, where + "not a JSON object; is this the file?");
            }
            lines.push_back({number, std::move(value)});
        } catch (const nlohmann::json::parse_error& error) {
            if (is_torn(text, error)) continue;
            throw Error(ExitCode::bad_data, where + "damaged at column " +
                                                std::to_string(error.byte) +
                                                "; delete this line and start again");
        }
    }
    if (in.bad()) fail(ExitCode::io, path, errno);
    return lines;
}

}  // namespace hogwild::io
