#include "app/common/run_collectively.hpp"
#include "app/train/run.hpp"

namespace hogwild::app {

void check_layout(const TrainOptions& options, const mpi::Communicators& comms) {
    const std::string refusal = options.strategy->refusal(options.downpour_plan(), comms.size());
    if (!refusal.empty()) throw CollectiveError(ExitCode::usage, refusal);
    if (options.strategy->is_dual && comms.replicas() > 1) {
        throw CollectiveError(ExitCode::usage,
                              "--strategy dual is for ranks that share one vector of weights, not "
                              "for several nodes or --replicas-per-node; run it on one node, or "
                              "use --strategy lock-free");
    }
}

}  // namespace hogwild::app
