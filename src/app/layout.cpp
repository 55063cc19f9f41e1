#include "hogwild/app/agreement.hpp"
#include "hogwild/app/run.hpp"

namespace hogwild::app {

void check_layout(const TrainOptions& options, const mpi::Communicators& comms) {
    if (options.strategy == "sequential" && comms.size() > 1) {
        throw AgreedError(ExitCode::usage, "--strategy sequential is for one rank, not " +
                                               std::to_string(comms.size()) + "; use mpirun -np 1");
    }
    if (options.strategy == "downpour" && comms.size() > 1 && options.servers >= comms.size()) {
        throw AgreedError(ExitCode::usage, "--servers " + std::to_string(options.servers) +
                                               " leaves none of " + std::to_string(comms.size()) +
                                               " ranks to work; start more ranks");
    }
}

}  // namespace hogwild::app
