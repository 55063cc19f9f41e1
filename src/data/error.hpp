#pragma once
#include <stdexcept>
#include <string>

namespace hogwild {

/// Exit codes of every program here; values follow sysexits.h where it has one.
enum class ExitCode : int {
    done = 0,
    internal = 1,        ///< our own mistake, or a run that ended INVALID
    usage = 2,           ///< bad or contradictory options
    bad_data = 65,       ///< malformed text, damaged or unsuitable file
    no_input = 66,       ///< an input file is missing or unreadable
    resource = 71,       ///< shared memory or memory ran out
    cannot_create = 73,  ///< an output cannot be created
    io = 74,             ///< reading or writing failed half-way
    stopped_early = 75,  ///< stopped with a checkpoint: run again
};

/// An error that a user can act on: one line that says what, where and what to do.
/// Library code throws it; only `app/` and the tools' mains print it and exit.
class Error : public std::runtime_error {
public:
    Error(ExitCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
    ExitCode code() const noexcept { return code_; }

private:
    ExitCode code_;
};

}  // namespace hogwild
