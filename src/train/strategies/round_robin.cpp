/// The round-robin baseline of the HOGWILD! paper (section 6; Langford, Smola, Zinkevich 2009):
/// ranks take turns in a fixed order, each computing and applying a batch in its turn, after the
/// update of the rank before it. The same seed and rank count give the same bits.
#include <atomic>

#include "mpi/spin_wait.hpp"
#include "train/registry.hpp"
#include "train/weights/shared_weights.hpp"

namespace hogwild::train {
namespace {

template <class Real>
class RoundRobin final : public SharedWeightsStrategy<Real> {
public:
    RoundRobin(const TrainingContext& context, const mpi::Communicators& comms)
        : SharedWeightsStrategy<Real>(context, comms, true),
          turn_(comms.node(), 1),
          me_(comms.node_rank()),
          ranks_(comms.node_size()) {}

    void run(std::int64_t until) override {
        // A rank without batches left still takes its turns, and passes them on.
        this->go(until);
    }
    void weights(std::span<double> out) override {
        if (!keeps_bits()) return SharedWeightsStrategy<Real>::weights(out);
        this->settled_weights(out);
    }
    /// What other nodes have done by when is anybody's guess.
    bool keeps_bits() const override { return !this->exchanges(); }
    void save(SavedState& out) const override {
        if (keeps_bits()) this->save_all(out);
    }
    void check_restored(const RestoredState& saved) const override {
        if (same(saved)) this->check_all(saved);
    }
    void resume(std::int64_t iteration, std::span<const double> weights,
                const RestoredState& saved) override {
        if (me_ == 0) turn_.span().front() = iteration * ranks_;
        this->resume_with(iteration, weights, same(saved) ? &saved : nullptr);
    }
    Meters meters() const override {
        Meters meters = SharedWeightsStrategy<Real>::meters();
        meters.lock_wait_seconds = waited_s_;
        return meters;
    }
    void close() override {
        turn_.close();
        SharedWeightsStrategy<Real>::close();
    }

private:
    /// Not where there were several windows.
    bool same(const RestoredState& saved) const {
        return keeps_bits() && saved.exact() && saved.common().has("current_weights");
    }
    void process(std::int64_t iteration) override {
        if (iteration == this->kNoBatch) return;  // the others have no more than this turn left
        const std::atomic_ref<std::int64_t> turn(turn_.span().front());
        const std::int64_t mine = iteration * ranks_ + me_;
        waited_s_ +=
            mpi::timed_spin_until([&] { return turn.load(std::memory_order_acquire) == mine; });
        this->common().refresh();  // in its turn: the same documents each time
        this->apply(this->compute(iteration));
        turn.store(mine + 1, std::memory_order_release);
    }

    mpi::SharedWindow<std::int64_t> turn_;  ///< number of the turn that is on
    std::int64_t me_;
    std::int64_t ranks_;
    double waited_s_ = 0.0;
};

}  // namespace

extern const StrategyInfo kRoundRobin{
    .name = "round-robin",
    .summary = "shared weights, the ranks update them in turns",
    .reference = "RR of Niu et al. 2011, section 6",
    .shares_memory = true,
    .shared_bytes =
        [](const SharedMemoryPlan& plan) {
            const bool may_carry = plan.precision == Precision::single_;
            return shared_weights_bytes(plan) + mpi::SharedWindow<std::int64_t>::bytes(1) +
                   (may_carry ? mpi::SharedWindow<double>::bytes(plan.n_weights) : 0);
        },
    .make = make_with<RoundRobin>};

}  // namespace hogwild::train
