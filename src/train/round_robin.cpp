/// The round-robin baseline of the HOGWILD! paper (section 6; Langford, Smola, Zinkevich 2009):
/// ranks take turns in a fixed order, each computing and applying a batch in its turn, after the
/// update of the rank before it. The same seed and rank count give the same bits.
#include <atomic>

#include "hogwild/mpi/spin_wait.hpp"
#include "hogwild/train/batch_step.hpp"
#include "hogwild/train/shared_weights.hpp"
#include "strategy_list.hpp"

namespace hogwild::train {
namespace {

template <class Real>
class RoundRobin final : public Strategy {
public:
    RoundRobin(const Problem& problem, const mpi::Communicators& comms)
        : step_(problem),
          weights_(problem, comms),
          turn_(comms.node(), 1),
          me_(comms.node_rank()),
          ranks_(comms.node_size()) {}

    void run(std::int64_t until) override {
        const std::span<Real> w = weights_.span();
        const std::atomic_ref<std::int64_t> turn(turn_.span().front());
        // A rank without batches left still takes its turns, and passes them on.
        for (; iteration_ < until; ++iteration_) {
            const std::int64_t mine = iteration_ * ranks_ + me_;
            mpi::spin_until([&] { return turn.load(std::memory_order_acquire) == mine; });
            const auto change = step_.compute(iteration_, w);
            weights_.decay().advance(w, change.exponent, change.documents);
            step_.add(w, change.delta);
            turn.store(mine + 1, std::memory_order_release);
        }
    }
    void quiesce() override { weights_.quiesce(); }
    void weights(std::span<double> out) override { weights_.copy_to(out); }
    void close() override {
        turn_.close();
        weights_.close();
    }

private:
    std::int64_t iteration_ = 0;
    BatchStep<Real> step_;
    SharedWeights<Real> weights_;
    mpi::SharedWindow<std::int64_t> turn_;  ///< number of the turn that is on
    std::int64_t me_;
    std::int64_t ranks_;
};

}  // namespace

template <class Real>
std::unique_ptr<Strategy> make_round_robin(const Problem& problem,
                                           const mpi::Communicators& comms) {
    return std::make_unique<RoundRobin<Real>>(problem, comms);
}
template std::unique_ptr<Strategy> make_round_robin<float>(const Problem&,
                                                           const mpi::Communicators&);
template std::unique_ptr<Strategy> make_round_robin<double>(const Problem&,
                                                            const mpi::Communicators&);

}  // namespace hogwild::train
