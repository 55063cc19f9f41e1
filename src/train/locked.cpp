/// The seed paper's comparison (section II.B): the gradient is computed from unprotected reads, the
/// update is a critical section, so that no update of another rank is lost.
#include "hogwild/mpi/window_lock.hpp"
#include "hogwild/train/batch_step.hpp"
#include "hogwild/train/shared_weights.hpp"
#include "strategy_list.hpp"

namespace hogwild::train {
namespace {

template <class Real>
class Locked final : public Strategy {
public:
    Locked(const Problem& problem, const mpi::Communicators& comms)
        : last_(problem.batches.batches()),
          step_(problem),
          weights_(problem, comms),
          lock_(comms.node()) {}

    void run(std::int64_t until) override {
        const std::span<Real> w = weights_.span();
        for (; iteration_ < std::min(until, last_); ++iteration_) {
            // Where a rank is put to sleep inside the lock, the others would all compute a batch at
            // the same weights and then apply them one after the other: wait before, not after.
            lock_.await_free();
            const auto change = step_.compute(iteration_, w);
            mpi::exclusively(lock_, [&] {
                weights_.decay().advance(w, change.exponent, change.documents);
                step_.add(w, change.delta);
            });
        }
    }
    void quiesce() override { weights_.quiesce(); }
    void weights(std::span<double> out) override { weights_.copy_to(out); }
    void close() override {
        lock_.close();
        weights_.close();
    }

private:
    std::int64_t iteration_ = 0;
    std::int64_t last_;
    BatchStep<Real> step_;
    SharedWeights<Real> weights_;
    mpi::WindowLock lock_;
};

}  // namespace

template <class Real>
std::unique_ptr<Strategy> make_locked(const Problem& problem, const mpi::Communicators& comms) {
    return std::make_unique<Locked<Real>>(problem, comms);
}
template std::unique_ptr<Strategy> make_locked<float>(const Problem&, const mpi::Communicators&);
template std::unique_ptr<Strategy> make_locked<double>(const Problem&, const mpi::Communicators&);

}  // namespace hogwild::train
