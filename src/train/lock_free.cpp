/// Hogwild!: every rank of the node reads and writes the shared weights without any protection
/// (Niu, Recht, Ré, Wright 2011, arXiv:1106.5730, algorithm 1, with batches as in the seed paper).
#include "hogwild/train/shared_weights.hpp"
#include "strategy_list.hpp"

namespace hogwild::train {
namespace {

template <class Real>
class LockFree final : public SharedWeightsStrategy<Real> {
public:
    using SharedWeightsStrategy<Real>::SharedWeightsStrategy;

private:
    void process(std::int64_t iteration) override { this->apply(this->compute(iteration)); }
};

}  // namespace

std::unique_ptr<Strategy> make_lock_free(Precision precision, const Problem& problem,
                                         const mpi::Communicators& comms) {
    return make_with<LockFree>(precision, problem, comms);
}

}  // namespace hogwild::train
