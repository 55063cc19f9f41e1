#pragma once
#include <cstddef>
#include <limits>
#include <stdexcept>

namespace hogwild::mpi {

/// Converts a length to the type in which MPI counts. @throws std::length_error.
inline int count_of(std::size_t n) {
    if (n > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
        throw std::length_error("a message is longer than MPI can count");
    }
    return static_cast<int>(n);
}

}  // namespace hogwild::mpi
