#include "io/system_error.hpp"

#include <cerrno>
#include <cstring>

namespace hogwild::io {

ExitCode code_of(int error, ExitCode otherwise) {
    switch (error) {
        case EMFILE:
        case ENFILE:
        case ENOMEM:
            return ExitCode::resource;
        case ENOSPC:
        case EDQUOT:
        case EFBIG:
        case EIO:
            return ExitCode::io;
        default:
            return otherwise;
    }
}

std::string system_text(int error) {
    const std::string text = std::strerror(error);
    return error == EMFILE ? text + "; raise the limit (ulimit -n)" : text;
}

void fail_for(const std::string& path, int error, ExitCode otherwise) {
    throw Error(code_of(error, otherwise), path + ": " + system_text(error));
}

}  // namespace hogwild::io
