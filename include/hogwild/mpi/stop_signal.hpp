#pragma once

/// Asking a run to stop: SIGUSR1 (a batch system's warning) and SIGTERM only raise a flag, which
/// the training loop looks at. The only global state of the program.
namespace hogwild::mpi {

/// From now on the first SIGUSR1 or SIGTERM raises the flag; a second one ends the process at once.
/// To be called first thing in main, or a signal that comes early kills a rank that is still
/// starting, and again after MPI_Init, in case that has a handler of its own.
void catch_stop_signals() noexcept;
/// From now on they end the process at once, as without catch_stop_signals().
void release_stop_signals() noexcept;

/// The signal that was caught, or 0.
int stop_signal() noexcept;

}  // namespace hogwild::mpi
