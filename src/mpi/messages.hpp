#pragma once
#include <cstddef>
#include <span>

#include "mpi/communicator.hpp"

/// Blocking messages from one rank to another, of a length that both know.
namespace hogwild::mpi {

/// @throws MpiError.
void send(Communicator comm, int to, std::span<const std::byte> message);
/// @param message  has the length of the message sent. @throws MpiError, also if lengths differ.
void receive(Communicator comm, int from, std::span<std::byte> message);

}  // namespace hogwild::mpi
