#include "io/stop_signal.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <mutex>
#include <string_view>
#include <utility>

namespace hogwild::io {
namespace {

struct Name {
    int signal;
    const char* text;
};
constexpr std::array kSignals{Name{SIGHUP, "SIGHUP"},   Name{SIGINT, "SIGINT"},
                              Name{SIGQUIT, "SIGQUIT"}, Name{SIGTERM, "SIGTERM"},
                              Name{SIGUSR1, "SIGUSR1"}, Name{SIGUSR2, "SIGUSR2"},
                              Name{SIGXCPU, "SIGXCPU"}};

// Changed under a StopSignalHold only, so a handler that ends the process can read them. They are
// never destroyed: a signal may come while the program leaves main.
std::list<Leftover::Entry>& leftovers = *new std::list<Leftover::Entry>;
std::mutex& leftovers_mutex = *new std::mutex;
LastWords& last_words = *new LastWords;
std::atomic<bool> ends_at_once{false};
std::atomic<int> noted{0};    ///< the first signal
std::atomic<int> pending{0};  ///< the signal that ends the process as soon as there are no holds
/// How many holds there are, or kEnding: a thread is ending the process, and no hold can begin.
std::atomic<int> holds{0};
constexpr int kEnding = -1;
static_assert(std::atomic<int>::is_always_lock_free);  // handlers may use only lock-free ones

void remove_leftovers() noexcept {
    for (const Leftover::Entry& entry : leftovers) {
        struct stat there {};
        if (::lstat(entry.path.c_str(), &there) == 0 && there.st_dev == entry.device &&
            there.st_ino == entry.inode) {
            ::unlink(entry.path.c_str());
        }
    }
}

/// One write, which output of other processes cannot split. The functions called are safe in a
/// handler.
void say_last_words(int signal) noexcept {
    if (last_words.program.empty()) return;
    char line[512];
    std::size_t length = 0;
    const auto append = [&](std::string_view text) {
        const std::size_t room = std::min(text.size(), sizeof line - length);
        std::memcpy(line + length, text.data(), room);
        length += room;
    };
    if (::isatty(STDERR_FILENO) == 1) append("\r\033[K");  // overwrites a line of progress
    append(last_words.program);
    append(": stopped by ");
    append(stop_signal_name(signal));
    append("; ");
    append(last_words.consequence);
    append("\n");
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line, length);
}

[[noreturn]] void end_by(int signal) noexcept {
    remove_leftovers();
    say_last_words(signal);
    std::signal(signal, SIG_DFL);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signal);
    std::raise(signal);
    pthread_sigmask(SIG_UNBLOCK, &set, nullptr);  // a handler runs with its own signal blocked
    ::_exit(128 + signal);
}

/// One of the threads that see no hold ends the process.
void end_if_free() noexcept {
    int none = 0;
    if (holds.compare_exchange_strong(none, kEnding)) end_by(pending.load());
}

void end_when_free(int signal) noexcept {
    int none = 0;
    pending.compare_exchange_strong(none, signal);
    end_if_free();
}

void on_signal(int signal) {
    const int error = errno;
    int none = 0;
    const bool first = noted.compare_exchange_strong(none, signal);
    if (ends_at_once.load() || !first || signal == SIGQUIT) end_when_free(signal);
    errno = error;
}

void set_mode(bool at_once, LastWords&& words) {
    const StopSignalHold hold;
    last_words = std::move(words);
    ends_at_once = at_once;
    if (at_once && noted.load() != 0) end_when_free(noted.load());
}

}  // namespace

void catch_stop_signals() noexcept {
    struct sigaction action = {};
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;  // does not interrupt system calls
    sigemptyset(&action.sa_mask);
    for (const Name& name : kSignals) {
        struct sigaction before = {};
        const bool can_be_ignored = name.signal == SIGHUP || name.signal == SIGINT;
        ::sigaction(name.signal, nullptr, &before);
        if (can_be_ignored && before.sa_handler == SIG_IGN) continue;
        ::sigaction(name.signal, &action, nullptr);
    }
}

void note_stop_signals(LastWords words) { set_mode(false, std::move(words)); }
void end_on_stop_signals(LastWords words) { set_mode(true, std::move(words)); }

int stop_signal() noexcept { return noted.load(); }

const char* stop_signal_name(int signal) noexcept {
    for (const Name& name : kSignals) {
        if (name.signal == signal) return name.text;
    }
    return "a signal";
}

void ignore_file_size_signal() noexcept { std::signal(SIGXFSZ, SIG_IGN); }
void ignore_pipe_signal() noexcept { std::signal(SIGPIPE, SIG_IGN); }

StopSignalHold::StopSignalHold() noexcept {
    int count = holds.load();
    do {
        while (count == kEnding) {
            ::pause();
            count = holds.load();
        }
    } while (!holds.compare_exchange_weak(count, count + 1));
}

StopSignalHold::~StopSignalHold() {
    if (holds.fetch_sub(1) == 1 && pending.load() != 0) end_if_free();
}

Leftover::Leftover(const std::string& path, int fd) {
    struct stat made {};
    if (::fstat(fd, &made) != 0) return;
    const StopSignalHold hold;
    const std::scoped_lock lock(leftovers_mutex);
    entry_ = leftovers.insert(leftovers.end(), {path, made.st_dev, made.st_ino});
}

Leftover::Leftover(Leftover&& other) noexcept : entry_(std::exchange(other.entry_, std::nullopt)) {}

Leftover& Leftover::operator=(Leftover&& other) noexcept {
    std::swap(entry_, other.entry_);
    return *this;
}

void Leftover::forget() noexcept {
    if (!entry_) return;
    const StopSignalHold hold;
    const std::scoped_lock lock(leftovers_mutex);
    leftovers.erase(*std::exchange(entry_, std::nullopt));
}

}  // namespace hogwild::io
