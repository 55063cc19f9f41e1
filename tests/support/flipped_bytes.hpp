#pragma once
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "data/error.hpp"
#include "support/scratch_dir.hpp"

namespace hogwild::test {

/// Reads a damaged copy of a file once for every offset, with one bit of that byte flipped, in
/// child processes, which may crash or never end.
///
/// `content` opens a file and gives all of its content as text. A reader is sound when it throws
/// Error(bad_data) or gives what it gives for the undamaged file.
class FlippedBytes {
public:
    using Content = std::function<std::string(const std::string&)>;

    FlippedBytes(std::string bytes, std::string scratch_path, Content content)
        : bytes_(std::move(bytes)), path_(std::move(scratch_path)), content_(std::move(content)) {
        write_bytes(path_, bytes_);
        expected_ = content_(path_);
    }

    /// @return one line for every offset where the reader was not sound, the first few of them.
    std::vector<std::string> run(const std::vector<std::size_t>& offsets) {
        constexpr std::size_t kEnough = 3;
        std::vector<std::string> troubles;
        auto* progress = static_cast<volatile Progress*>(::mmap(
            nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
        if (progress == MAP_FAILED) throw std::runtime_error("mmap");
        for (std::size_t next = 0; next < offsets.size() && troubles.size() < kEnough;) {
            const pid_t child = ::fork();
            if (child < 0) throw std::runtime_error("fork");
            if (child == 0) ::_exit(read_from(offsets, next, *progress));
            int status = 0;
            ::waitpid(child, &status, 0);
            const bool killed = WIFSIGNALED(status);
            if (!killed && WEXITSTATUS(status) == kAllSound) {
                refused_ += progress->refused;
                break;
            }
            refused_ += progress->refused;
            troubles.push_back(
                "byte " + std::to_string(offsets[progress->at]) + ": " +
                (killed ? by_signal(WTERMSIG(status)) : by_exit_code(WEXITSTATUS(status))));
            next = progress->at + 1;
        }
        ::munmap(const_cast<Progress*>(progress), sizeof(Progress));
        return troubles;
    }

    /// How often the damage was refused with bad_data.
    std::size_t refused() const noexcept { return refused_; }

private:
    struct Progress {
        std::size_t at;
        std::size_t refused;
    };
    static constexpr int kAllSound = 0;
    static constexpr int kSilent = 3;
    static constexpr int kOtherError = 4;

    /// In the child: goes on until something is not sound.
    int read_from(const std::vector<std::size_t>& offsets, std::size_t first,
                  volatile Progress& progress) const {
        const int fd = ::open(path_.c_str(), O_WRONLY);
        progress.refused = 0;
        for (std::size_t k = first; k < offsets.size(); ++k) {
            progress.at = k;
            const char good = bytes_[offsets[k]];
            const auto bad = static_cast<char>(good ^ (1 << (offsets[k] % 8)));
            const auto place = static_cast<off_t>(offsets[k]);
            if (::pwrite(fd, &bad, 1, place) != 1) return kOtherError;
            const itimerval limit{{0, 0}, {1, 0}};  // of CPU: reading takes milliseconds
            ::setitimer(ITIMER_PROF, &limit, nullptr);
            try {
                if (content_(path_) != expected_) return restore(fd, good, place), kSilent;
            } catch (const Error& error) {
                if (error.code() != ExitCode::bad_data) {
                    return restore(fd, good, place), kOtherError;
                }
                progress.refused = progress.refused + 1;
            } catch (...) {
                return restore(fd, good, place), kOtherError;
            }
            restore(fd, good, place);
        }
        return kAllSound;
    }

    static void restore(int fd, char good, off_t place) {
        if (::pwrite(fd, &good, 1, place) != 1) ::_exit(kOtherError);
    }
    static std::string by_signal(int signal) {
        return signal == SIGPROF ? "never ends" : "crash, signal " + std::to_string(signal);
    }
    static std::string by_exit_code(int code) {
        return code == kSilent       ? "silently different content"
               : code == kOtherError ? "an exception that is not Error(bad_data)"
                                     : "crash, exit code " + std::to_string(code);
    }

    std::string bytes_;
    std::string path_;
    Content content_;
    std::string expected_;
    std::size_t refused_ = 0;
};

}  // namespace hogwild::test
