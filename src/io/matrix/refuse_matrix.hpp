#pragma once
#include <string>

#include "data/error.hpp"

namespace hogwild::io {

/// @throws Error(bad_data): "<where>: <why>".
[[noreturn]] inline void refuse_matrix(const std::string& where, const std::string& why) {
    throw Error(ExitCode::bad_data, where + ": " + why);
}

}  // namespace hogwild::io
