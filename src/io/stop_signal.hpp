#pragma once
#include <sys/types.h>

#include <list>
#include <optional>
#include <string>

/// How a signal ends a program: SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2 and SIGXCPU
/// remove the files that are not finished, print one line, and end the process as they would have
/// without us. A run with a checkpoint has them noted instead, and saves.
namespace hogwild::io {

/// What the last line says: "PROGRAM: stopped by SIGTERM; CONSEQUENCE". Nothing is said without a
/// program: one rank is enough.
struct LastWords {
    std::string program;
    std::string consequence;
};

/// From now on the first signal is noted, and a second one ends the process. SIGHUP and SIGINT stay
/// ignored where they are (nohup, `&` in a script). To be called first thing in main, or a signal
/// that comes early kills a rank that is still starting, and again after MPI is initialised, in
/// case it has a handler of its own.
void catch_stop_signals() noexcept;

/// The first signal is noted (also one that came before), a second one ends the process.
void note_stop_signals(LastWords words);

/// A signal ends the process at once. Ends it now if one has been noted.
void end_on_stop_signals(LastWords words);

/// The signal that was noted, or 0.
int stop_signal() noexcept;

/// "SIGTERM", "SIGINT", …
const char* stop_signal_name(int signal) noexcept;

/// Makes a write error of a limit of the size of files (SIGXFSZ), which ends a process elsewhere.
void ignore_file_size_signal() noexcept;
/// The same of a reader that has left its pipe (SIGPIPE). Not for ranks: it is what ends them when
/// their mpirun has been killed and they print their progress.
void ignore_pipe_signal() noexcept;

/// While one lives, signals do not end the process: for what must happen whole. Keep it short.
/// Where one came meanwhile, the process ends as the last hold goes. Any thread may have holds.
class StopSignalHold {
public:
    StopSignalHold() noexcept;
    StopSignalHold(const StopSignalHold&) = delete;
    StopSignalHold& operator=(const StopSignalHold&) = delete;
    ~StopSignalHold();
};

/// The name of a file that goes when a signal ends the process, if it is still the same file.
/// Destroying it forgets the name and leaves the file alone. Create file and Leftover, or remove
/// them, under one StopSignalHold.
class Leftover {
public:
    Leftover() = default;
    /// @param fd  the file, open.
    Leftover(const std::string& path, int fd);
    Leftover(Leftover&& other) noexcept;
    Leftover& operator=(Leftover&& other) noexcept;
    ~Leftover() { forget(); }
    void forget() noexcept;

    struct Entry {
        std::string path;
        dev_t device;
        ino_t inode;
    };

private:
    std::optional<std::list<Entry>::iterator> entry_;
};

}  // namespace hogwild::io
