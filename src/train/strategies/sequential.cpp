#include <string>

#include "train/local_trainer.hpp"

namespace hogwild::train {
namespace {

/// Plain SGD (Robbins and Monro 1951).
template <class Real>
struct Sequential final : LocalUpdate<Real> {
    using LocalUpdate<Real>::LocalUpdate;
    void operator()(const PlainReader::Batch& batch, const Step& step) {
        const model::SparseDelta& change = this->w_.change_of(batch, step);
        this->w_.apply(step.eta * static_cast<double>(batch.size()), batch.size(), change);
    }
};

std::string refusal(const DownpourPlan& /*plan*/, int ranks) {
    if (ranks == 1) return {};
    return "--strategy sequential is for one rank, not " + std::to_string(ranks) +
           "; use mpirun -np 1";
}

}  // namespace

extern const StrategyInfo kSequential{.name = "sequential",
                                      .summary = "plain SGD on one rank",
                                      .reference = "Robbins and Monro 1951",
                                      .refusal = refusal,
                                      .make = make_local_trainer<Sequential>};

}  // namespace hogwild::train
