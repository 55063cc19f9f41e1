/// As lock-free, but each weight is changed by compare-and-swap: no update is lost, nobody locks.
#include "hogwild/train/shared_weights.hpp"
#include "strategy_list.hpp"

namespace hogwild::train {
namespace {

template <class Real>
class Atomic final : public SharedWeightsStrategy<Real> {
public:
    using SharedWeightsStrategy<Real>::SharedWeightsStrategy;

private:
    void process(std::int64_t iteration) override {
        this->template apply<model::Access::atomic>(this->compute(iteration));
    }
};

}  // namespace

std::unique_ptr<Strategy> make_atomic(Precision precision, const Problem& problem,
                                      const mpi::Communicators& comms) {
    return make_with<Atomic>(precision, problem, comms);
}

}  // namespace hogwild::train
