/// The seed paper's comparison (section II.B): the gradient is computed from unprotected reads, the
/// update is a critical section, so that no update of another rank is lost.
#include "mpi/window_lock.hpp"
#include "train/registry.hpp"
#include "train/weights/shared_weights.hpp"

namespace hogwild::train {
namespace {

template <class Real>
class Locked final : public SharedWeightsStrategy<Real> {
public:
    Locked(const TrainingContext& context, const mpi::Communicators& comms)
        : SharedWeightsStrategy<Real>(context, comms), lock_(comms.node()) {}
    Meters meters() const override {
        Meters meters = SharedWeightsStrategy<Real>::meters();
        meters.lock_wait_seconds = waited_s_;
        return meters;
    }
    void close() override {
        lock_.close();
        SharedWeightsStrategy<Real>::close();
    }

private:
    void process(std::int64_t iteration) override {
        // Where a rank is put to sleep inside the lock, the others would all compute a batch at
        // the same weights and then apply them one after the other: wait before, not after.
        waited_s_ += lock_.await_free();
        const auto change = this->compute(iteration);
        waited_s_ += mpi::exclusively(lock_, [&] { this->apply(change); });
    }

    mpi::WindowLock lock_;
    double waited_s_ = 0.0;
};

}  // namespace

extern const StrategyInfo kLocked{.name = "locked",
                                  .summary = "shared weights, each update a critical section",
                                  .reference = "seed paper, section II.B",
                                  .shares_memory = true,
                                  .shared_bytes =
                                      [](const SharedMemoryPlan& plan) {
                                          return shared_weights_bytes(plan) +
                                                 mpi::WindowLock::bytes();
                                      },
                                  .make = make_with<Locked>};

}  // namespace hogwild::train
