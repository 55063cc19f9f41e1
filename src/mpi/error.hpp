#pragma once
#include <mpi.h>

#include <stdexcept>
#include <string>

namespace hogwild::mpi {

/// An MPI call that failed. Fatal: other ranks may still be inside it, so the job must be aborted.
class MpiError : public std::runtime_error {
public:
    MpiError(int code, const char* call)
        : std::runtime_error(std::string(call) + ": " + text(code)) {}

private:
    static std::string text(int code) {
        char buffer[MPI_MAX_ERROR_STRING];
        int length = 0;
        if (MPI_Error_string(code, buffer, &length) != MPI_SUCCESS) return "unknown MPI error";
        return {buffer, static_cast<std::size_t>(length)};
    }
};

/// @throws MpiError unless `code` is MPI_SUCCESS.
inline void check(int code, const char* call) {
    if (code != MPI_SUCCESS) throw MpiError(code, call);
}

}  // namespace hogwild::mpi
