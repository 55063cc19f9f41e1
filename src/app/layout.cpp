#include "hogwild/app/agreement.hpp"
#include "hogwild/app/run.hpp"
#include "hogwild/train/strategy.hpp"

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
    if (comms.nodes() > 1 && train::shares_memory(options.strategy)) {
        throw AgreedError(ExitCode::usage, "--strategy " + options.strategy +
                                               " shares memory: start all ranks on one node, "
                                               "not on " +
                                               std::to_string(comms.nodes()));
    }
}

}  // namespace hogwild::app
