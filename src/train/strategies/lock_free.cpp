#include "train/strategies/lock_free.hpp"

#include "train/document_trainer.hpp"
#include "train/protection/protection.hpp"
#include "train/shared_trainer.hpp"

namespace hogwild::train {
namespace {

using Layout = model::TrainingRows::Layout;

/// Document by document where a document without a gradient leaves the weights alone.
Layout row_layout(const HotHeadPlan& plan, bool writes_on_pull, std::size_t n_features) {
    if (!plan.by_document || !writes_on_pull) return Layout::plain;
    return n_features < std::size_t{1} << 16 ? Layout::narrow : Layout::wide;
}
std::unique_ptr<Strategy> make(Precision precision, const TrainingContext& context,
                               const mpi::Communicators& comms) {
    return context.rows.layout() == Layout::plain
               ? make_shared_trainer<Protection>(precision, context, comms)
               : make_document_trainer<Hogwild>(precision, context, comms);
}
std::uint64_t shared_bytes(const SharedMemoryPlan& plan) {
    return shared_trainer_bytes<Protection>(plan) + hot_weights_bytes(plan);
}

}  // namespace

extern const StrategyInfo kLockFree{.name = "lock-free",
                                    .summary = "shared weights, nobody waits and nothing is locked",
                                    .reference = "Niu et al. 2011, algorithm 1",
                                    .shares_memory = true,
                                    .has_private_features = true,
                                    .row_layout = row_layout,
                                    .shared_bytes = shared_bytes,
                                    .make = make};

}  // namespace hogwild::train
