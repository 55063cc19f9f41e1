#include "train/strategies/lock_free.hpp"

#include "train/document_trainer.hpp"
#include "train/matrix_trainer.hpp"
#include "train/strategies/one_vs_all.hpp"

namespace hogwild::train {
namespace {

std::unique_ptr<Trainer> make(Precision precision, const TrainingContext& context,
                              const mpi::Communicators& comms) {
    if (context.outputs != nullptr) return make_matrix_trainer<OneVsAll>(precision, context, comms);
    return make_document_or_batch_trainer<Hogwild>(precision, context, comms);
}

}  // namespace

/// Hogwild!, document by document if the regularizer allows it, else with batches.
extern const StrategyInfo kLockFree{
    .name = "lock-free",
    .summary = "shared weights, no rank waits and nothing is locked",
    .reference = "Niu et al. 2011, algorithm 1",
    .shares_memory = true,
    .has_hot_head = true,
    .trains_matrix = true,
    .row_layout = document_layout,
    .shared_bytes = document_or_batch_bytes,
    .make = make};

}  // namespace hogwild::train
