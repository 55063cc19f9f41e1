#include "train/protection/stripes.hpp"
#include "train/shared_trainer.hpp"

namespace hogwild::train {

/// The AIG baseline of the HOGWILD! paper, with real locks: an update locks the components that it
/// changes, and no others. No update is lost.
extern const StrategyInfo kStriped{
    .name = "striped",
    .summary = "shared weights, an update locks the weights that it changes",
    .reference = "AIG of Niu et al. 2011, section 6",
    .shares_memory = true,
    .shared_bytes = shared_trainer_bytes<Stripes>,
    .make = make_shared_trainer<Stripes>};

}  // namespace hogwild::train
