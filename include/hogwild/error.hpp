#pragma once
#include <stdexcept>
#include <string>

#include "hogwild/export.hpp"

/// @file
/// How the library and the programs report errors.

/// Everything in libhogwild.
namespace hogwild {

/// What kind of error it was. Every program of hogwild ends with this value as its exit code;
/// values follow sysexits.h where it has one.
enum class ExitCode : int {
    done = 0,            ///< no error
    internal = 1,        ///< our own mistake, or a run that ended INVALID
    usage = 2,           ///< bad or contradictory options or arguments
    bad_data = 65,       ///< malformed text, damaged or unsuitable file
    no_input = 66,       ///< an input file is missing or unreadable
    resource = 71,       ///< shared memory or memory ran out
    cannot_create = 73,  ///< an output cannot be created
    io = 74,             ///< reading or writing failed half-way
    stopped_early = 75,  ///< stopped with a checkpoint: run again
};

/// An error that a user can act on: one line that says what, where and what to do.
/// The library never prints and never exits.
class HOGWILD_EXPORT Error : public std::runtime_error {
public:
    /// @param code     the kind of error.
    /// @param message  one line, without a program's name and without a line break.
    Error(ExitCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
    /// The kind of error.
    ExitCode code() const noexcept { return code_; }

private:
    ExitCode code_;
};

}  // namespace hogwild
