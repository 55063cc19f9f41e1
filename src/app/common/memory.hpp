#pragma once
#include <cstdint>
#include <string>

namespace hogwild::app {

/// This process's peak resident memory so far in bytes: private pages plus a fair share of those
/// that it shares with other processes. 0 where /proc does not tell.
std::int64_t peak_memory();

/// Finds out before memory is asked for that it is not to be had, see available_on_node() and
/// available_to_process().
/// @param what   needs it, for the message.
/// @param bytes  that every process needs, at least.
/// @param ranks  processes on this host that need as much.
/// @throws Error: resource.
void check_memory(const std::string& what, std::int64_t bytes, int ranks);

/// Bytes that the processes of this job may still take on this host: what the host, its cgroups and
/// Slurm leave; the largest number there is where nothing limits it.
std::int64_t available_on_node();
/// Bytes that the limit on the address space (ulimit -v) leaves to this process, likewise.
std::int64_t available_to_process();

/// Checks /dev/shm before anything is allocated: running out of it inside MPI's collective call
/// would crash instead of being reported. @param needed  bytes. @throws Error: resource.
void check_shared_memory(std::uint64_t needed);

}  // namespace hogwild::app
