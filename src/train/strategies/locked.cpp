#include "train/protection/critical_section.hpp"
#include "train/shared_trainer.hpp"

namespace hogwild::train {

/// The seed paper's comparison (section II.B): the gradient is computed from unprotected reads, the
/// update is a critical section, so that no update of another rank is lost.
extern const StrategyInfo kLocked{.name = "locked",
                                  .summary = "shared weights, each update a critical section",
                                  .reference = "seed paper, section II.B",
                                  .shares_memory = true,
                                  .shared_bytes = shared_trainer_bytes<CriticalSection>,
                                  .make = make_shared_trainer<CriticalSection>};

}  // namespace hogwild::train
