#include "train/protection/protection.hpp"
#include "train/shared_trainer.hpp"

namespace hogwild::train {

/// As lock-free, but changes each weight by compare-and-swap: no update is lost, and nothing is
/// locked.
extern const StrategyInfo kAtomic{.name = "atomic",
                                  .summary = "shared weights, each changed by compare-and-swap",
                                  .reference = "Niu et al. 2011, section 3",
                                  .shares_memory = true,
                                  .shared_bytes = shared_trainer_bytes<CompareAndSwap>,
                                  .make = make_shared_trainer<CompareAndSwap>};

}  // namespace hogwild::train
