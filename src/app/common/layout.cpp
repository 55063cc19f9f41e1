#include "app/common/run_collectively.hpp"
#include "app/train/run.hpp"

namespace hogwild::app {

void check_layout(const TrainOptions& options, const mpi::Communicators& comms) {
    const std::string refusal = options.strategy->refusal(options.downpour_plan(), comms.size());
    if (!refusal.empty()) throw CollectiveError(ExitCode::usage, refusal);
    if (options.strategy->is_dual && comms.replicas() > 1 &&
        options.workers.value_or(comms.size()) != comms.size()) {
        throw CollectiveError(ExitCode::usage,
                              "--workers is for ranks that share one vector of weights: on several "
                              "nodes and with --replicas-per-node all of them train");
    }
}

}  // namespace hogwild::app
