#pragma once
#include <string>
#include <utility>

#include "data/error.hpp"

namespace hogwild {

/// Narrowing that cannot lose anything: the only way integers get smaller here.
/// @throws Error (internal) when `value` does not fit into `To`.
template <class To, class From>
constexpr To checked_cast(From value) {
    if (!std::in_range<To>(value)) {
        throw Error(ExitCode::internal, "integer out of range: " + std::to_string(value));
    }
    return static_cast<To>(value);
}

}  // namespace hogwild
