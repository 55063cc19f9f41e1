#pragma once
#include <cstdint>

namespace hogwild::mpi {

/// Free bytes of the file system where MPI allocates shared windows on this node (/dev/shm, or Open
/// MPI's osc_sm_backing_directory); the largest value if that is unknown. Nothing is reserved: ask
/// before a window is allocated, since a rank that fails inside leaves the others waiting.
std::uint64_t shared_memory_free();

}  // namespace hogwild::mpi
