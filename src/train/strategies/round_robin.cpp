#include "train/protection/turns.hpp"
#include "train/shared_trainer.hpp"

namespace hogwild::train {

/// The round-robin baseline of the HOGWILD! paper (section 6; Langford, Smola, Zinkevich 2009):
/// ranks take turns in a fixed order, each computing and applying a batch in its turn, after the
/// update of the rank before it. The same seed and rank count give the same bits.
extern const StrategyInfo kRoundRobin{.name = "round-robin",
                                      .summary = "shared weights, the ranks update them in turns",
                                      .reference = "RR of Niu et al. 2011, section 6",
                                      .shares_memory = true,
                                      .shared_bytes = shared_trainer_bytes<Turns>,
                                      .make = make_shared_trainer<Turns>};

}  // namespace hogwild::train
