#include "app/common/run_collectively.hpp"
#include "app/train/run.hpp"

namespace hogwild::app {

void check_layout(const TrainOptions& options, const mpi::Communicators& comms) {
    const std::string refusal = options.strategy->refusal(options.downpour_plan(), comms.size());
    if (!refusal.empty()) throw CollectiveError(ExitCode::usage, refusal);
}

}  // namespace hogwild::app
