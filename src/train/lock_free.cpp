/// Hogwild!: every rank of the node reads and writes the shared weights without any protection
/// (Niu, Recht, Ré, Wright 2011, arXiv:1106.5730, algorithm 1, with batches as in the seed paper).
#include "hogwild/train/batch_step.hpp"
#include "hogwild/train/shared_weights.hpp"
#include "strategy_list.hpp"

namespace hogwild::train {
namespace {

template <class Real>
class LockFree final : public Strategy {
public:
    LockFree(const Problem& problem, const mpi::Communicators& comms)
        : last_(problem.batches.batches()), step_(problem), weights_(problem, comms) {}

    void run(std::int64_t until) override {
        const std::span<Real> w = weights_.span();
        for (; iteration_ < std::min(until, last_); ++iteration_) {
            const auto change = step_.compute(iteration_, w);
            weights_.decay().advance(w, change.exponent, change.documents);
            step_.add(w, change.delta);
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
std::unique_ptr<Strategy> make_lock_free(const Problem& problem, const mpi::Communicators& comms) {
    return std::make_unique<LockFree<Real>>(problem, comms);
}
template std::unique_ptr<Strategy> make_lock_free<float>(const Problem&, const mpi::Communicators&);
template std::unique_ptr<Strategy> make_lock_free<double>(const Problem&,
                                                          const mpi::Communicators&);

}  // namespace hogwild::train
