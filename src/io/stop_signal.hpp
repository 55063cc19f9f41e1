#pragma once
#include <sys/types.h>

#include <list>
#include <optional>
#include <string>

/// How a signal ends a program: SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2 and SIGXCPU
/// remove the files that are not finished, print one line, and end the process as they do by
/// default. A run with a checkpoint notes them instead, and saves.
namespace hogwild::io {

/// What the last line says: "PROGRAM: stopped by SIGTERM; CONSEQUENCE". Without a program no line
/// is printed: one rank's line is enough.
struct LastWords {
    std::string program;
    std::string consequence;
};

/// From now on the first signal is noted, and a second one ends the process. SIGHUP and SIGINT stay
/// ignored if they are (nohup, `&` in a script). Call it first in main, since an early signal would
/// kill a rank that is starting, and again after MPI is initialised, which may install handlers.
void catch_stop_signals() noexcept;

/// The first signal is noted (also one that came before), a second one ends the process.
void note_stop_signals(LastWords words);

/// A signal ends the process at once. Ends it now if one has been noted.
void end_on_stop_signals(LastWords words);

/// The signal that was noted, or 0.
int stop_signal() noexcept;

/// "SIGTERM", "SIGINT", …
const char* stop_signal_name(int signal) noexcept;

/// Turns a limit of file sizes (SIGXFSZ) into a write error instead of the end of the process.
void ignore_file_size_signal() noexcept;
/// The same for a pipe whose reader has exited (SIGPIPE). Not for ranks: SIGPIPE ends them if their
/// mpirun has been killed and they print their progress.
void ignore_pipe_signal() noexcept;

/// While a hold exists, signals do not end the process: for work that must not be interrupted. Keep
/// it short. If a signal arrived meanwhile, the process ends when the last hold is destroyed. Any
/// thread may have holds.
class StopSignalHold {
public:
    StopSignalHold() noexcept;
    StopSignalHold(const StopSignalHold&) = delete;
    StopSignalHold& operator=(const StopSignalHold&) = delete;
    ~StopSignalHold();
};

/// The name of a file that is removed if a signal ends the process, if it is still the same file.
/// The destructor forgets the name and keeps the file. Create file and Leftover, or remove
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
