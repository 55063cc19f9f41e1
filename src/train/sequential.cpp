/// Plain SGD on one rank with weights of its own: what all the others are compared with.
#include <algorithm>

#include "hogwild/train/batch_step.hpp"
#include "hogwild/train/decay.hpp"
#include "strategy_list.hpp"

namespace hogwild::train {
namespace {

template <class Real>
class Sequential final : public Strategy {
public:
    explicit Sequential(const Problem& problem)
        : last_(problem.batches.batches()),
          step_(problem),
          w_(problem.objective.n_weights()),
          decay_(Decay::make<Real>(problem, std::span(&slot_, 1), 0)) {}

    void run(std::int64_t until) override {
        const std::span<Real> w(w_);
        for (; iteration_ < std::min(until, last_); ++iteration_) {
            const auto change = step_.compute(iteration_, w);
            decay_.advance(w, change.exponent, change.documents);
            step_.add(w, change.delta);
        }
    }
    void quiesce() override { decay_.flush(std::span<Real>(w_)); }
    void weights(std::span<double> out) override {
        std::ranges::transform(w_, out.begin(), [](Real w) { return static_cast<double>(w); });
    }
    void close() override {}

private:
    std::int64_t iteration_ = 0;
    std::int64_t last_;
    BatchStep<Real> step_;
    std::vector<Real> w_;
    ExponentSlot slot_;
    Decay decay_;
};

}  // namespace

template <class Real>
std::unique_ptr<Strategy> make_sequential(const Problem& problem) {
    return std::make_unique<Sequential<Real>>(problem);
}
template std::unique_ptr<Strategy> make_sequential<float>(const Problem&);
template std::unique_ptr<Strategy> make_sequential<double>(const Problem&);

}  // namespace hogwild::train
