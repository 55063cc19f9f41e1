/// Plain SGD on one rank with weights of its own: what all the others are compared with.
#include "hogwild/train/own_weights.hpp"
#include "strategy_list.hpp"

namespace hogwild::train {
namespace {

template <class Real>
class Sequential final : public OwnWeightsStrategy<Real> {
public:
    Sequential(const Problem& problem, const mpi::Communicators& /*one rank*/)
        : OwnWeightsStrategy<Real>(problem), last_(problem.batches.batches()) {}

    void run(std::int64_t until) override {
        for (; this->iteration_ < std::min(until, last_); ++this->iteration_) {
            const auto change = this->step().compute(this->iteration_, this->w());
            this->apply(change.exponent, change.documents, change.delta);
        }
    }

private:
    std::int64_t last_;
};

}  // namespace

std::unique_ptr<Strategy> make_sequential(Precision precision, const Problem& problem,
                                          const mpi::Communicators& comms) {
    return make_with<Sequential>(precision, problem, comms);
}

}  // namespace hogwild::train
