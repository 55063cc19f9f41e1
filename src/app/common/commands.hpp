#pragma once
#include <string>
#include <vector>

#include "data/stopwatch.hpp"
#include "mpi/communicators.hpp"

namespace hogwild::cli {
struct CommandHelp;
}

/// The stories that `hogwild` tells, one per command. All are collective over `comms.world()`.
namespace hogwild::app {

/// `hogwild train`. @param since_start  started when MPI was initialised.
/// @return exit code. @throws CollectiveError.
int train(const std::vector<std::string>& arguments, const mpi::Communicators& comms,
          const data::Stopwatch& since_start);

/// `hogwild predict`. @return exit code. @throws CollectiveError.
int predict(const std::vector<std::string>& arguments, const mpi::Communicators& comms);
cli::CommandHelp predict_help();

/// `hogwild evaluate`. @return exit code. @throws CollectiveError.
int evaluate(const std::vector<std::string>& arguments, const mpi::Communicators& comms);
cli::CommandHelp evaluate_help();

/// `hogwild export`. @return exit code. @throws CollectiveError.
int export_model(const std::vector<std::string>& arguments, const mpi::Communicators& comms);
cli::CommandHelp export_help();

/// `hogwild sweep`. @return exit code. @throws CollectiveError.
int sweep(const std::vector<std::string>& arguments, const mpi::Communicators& comms);

/// `hogwild bench`. @return exit code. @throws CollectiveError.
int bench(const std::vector<std::string>& arguments, const mpi::Communicators& comms);

/// `hogwild bench-exchange`. @return exit code. @throws CollectiveError.
int bench_exchange(const std::vector<std::string>& arguments, const mpi::Communicators& comms);
cli::CommandHelp bench_exchange_help();

/// Writes man pages and completion if the command line asks for them (cli/reference.hpp).
/// @return whether it did. Needs no MPI.
bool write_reference(int argc, char** argv, int& code);

/// Parses the command's name, runs it, prints what went wrong.
/// @return exit code; does not return when this rank alone has failed: then the job is aborted.
/// @note Collective over all ranks of the job. Call once, after mpi::Environment.
int run_command(int argc, char** argv);

}  // namespace hogwild::app
