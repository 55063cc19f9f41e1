/// As lock-free, but each weight is changed by compare-and-swap: no update is lost, nobody locks.
#include "hogwild/train/batch_step.hpp"
#include "hogwild/train/shared_weights.hpp"
#include "strategy_list.hpp"

namespace hogwild::train {
namespace {

template <class Real>
class Atomic final : public Strategy {
public:
    Atomic(const Problem& problem, const mpi::Communicators& comms)
        : last_(problem.batches.batches()), step_(problem), weights_(problem, comms) {}

    void run(std::int64_t until) override {
        using model::Access;
        const std::span<Real> w = weights_.span();
        for (; iteration_ < std::min(until, last_); ++iteration_) {
            const auto change = step_.compute(iteration_, w);
            weights_.decay().template advance<Access::atomic>(w, change.exponent, change.documents);
            step_.template add<Access::atomic>(w, change.delta);
        }
    }
    void quiesce() override { weights_.quiesce(); }
    void weights(std::span<double> out) override { weights_.copy_to(out); }
    void close() override { weights_.close(); }

private:
    std::int64_t iteration_ = 0;
    std::int64_t last_;
    BatchStep<Real> step_;
    SharedWeights<Real> weights_;
};

}  // namespace

template <class Real>
std::unique_ptr<Strategy> make_atomic(const Problem& problem, const mpi::Communicators& comms) {
    return std::make_unique<Atomic<Real>>(problem, comms);
}
template std::unique_ptr<Strategy> make_atomic<float>(const Problem&, const mpi::Communicators&);
template std::unique_ptr<Strategy> make_atomic<double>(const Problem&, const mpi::Communicators&);

}  // namespace hogwild::train
