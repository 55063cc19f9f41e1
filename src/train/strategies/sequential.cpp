/// Plain SGD on one rank with weights of its own: what all the others are compared with.
#include "train/registry.hpp"
#include "train/weights/own_weights.hpp"

namespace hogwild::train {
namespace {

template <class Real>
class Sequential final : public OwnWeightsStrategy<Real> {
public:
    Sequential(const TrainingContext& context, const mpi::Communicators& comms)
        : OwnWeightsStrategy<Real>(context, comms), last_(context.batches.batches()) {}

    void run(std::int64_t until) override {
        for (; this->iteration_ < std::min(until, last_); ++this->iteration_) {
            const auto change = this->compute();
            this->apply(change.exponent, change.documents, change.delta);
        }
    }

private:
    std::int64_t last_;
};

}  // namespace

extern const StrategyInfo kSequential{
    .name = "sequential",
    .summary = "plain SGD on one rank",
    .reference = "Robbins and Monro 1951",
    .refusal =
        [](const DownpourPlan&, int ranks) {
            return ranks == 1 ? std::string()
                              : "--strategy sequential is for one rank, not " +
                                    std::to_string(ranks) + "; use mpirun -np 1";
        },
    .make = make_with<Sequential>};

}  // namespace hogwild::train
