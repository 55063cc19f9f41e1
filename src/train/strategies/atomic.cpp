/// As lock-free, but each weight is changed by compare-and-swap: no update is lost, nobody locks.
#include "train/registry.hpp"
#include "train/weights/shared_weights.hpp"

namespace hogwild::train {
namespace {

template <class Real>
class Atomic final : public SharedWeightsStrategy<Real> {
public:
    using SharedWeightsStrategy<Real>::SharedWeightsStrategy;

private:
    void process(std::int64_t iteration) override {
        this->template apply<model::WriteMode::atomic>(this->compute(iteration));
    }
};

}  // namespace

extern const StrategyInfo kAtomic{.name = "atomic",
                                  .summary = "shared weights, each changed by compare-and-swap",
                                  .reference = "Niu et al. 2011, section 3",
                                  .shares_memory = true,
                                  .shared_bytes = shared_weights_bytes,
                                  .make = make_with<Atomic>};

}  // namespace hogwild::train
