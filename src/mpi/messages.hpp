#pragma once
#include <cstddef>
#include <span>

#include "mpi/communicator.hpp"

/// Messages from one rank to another, of a length that both know. They block.
namespace hogwild::mpi {

/// @throws MpiError.
void send(Communicator comm, int to, std::span<const std::byte> message);
/// @param message  as long as what is sent. @throws MpiError, also when another length comes.
void receive(Communicator comm, int from, std::span<std::byte> message);

}  // namespace hogwild::mpi
