#include "app/common/run_collectively.hpp"
#include "app/train/run.hpp"
#include "train/registry.hpp"

namespace hogwild::app {

void check_layout(const TrainOptions& options, const mpi::Communicators& comms) {
    const train::StrategyInfo& strategy = train::strategy_info(options.strategy);
    const std::string refusal = strategy.refusal(options.downpour_plan(), comms.size());
    if (!refusal.empty()) throw CollectiveError(ExitCode::usage, refusal);
}

}  // namespace hogwild::app
