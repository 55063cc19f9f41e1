/// HOGWILD!'s AIG baseline, done with real locks: an update locks the components that it changes,
/// and nothing else. Locks are striped (component u belongs to stripe u mod 1024) and taken in
/// ascending order, so that no two ranks can wait for each other. No update is lost.
#include <array>
#include <atomic>
#include <bit>

#include "mpi/spin_wait.hpp"
#include "train/registry.hpp"
#include "train/weights/shared_weights.hpp"

namespace hogwild::train {
namespace {

constexpr std::size_t kStripes = 1024;

/// A set of stripes, and taking and giving back all of them.
class StripeSet {
public:
    void insert(std::uint32_t component) noexcept {
        const std::size_t stripe = component % kStripes;
        words_[stripe / 64] |= std::uint64_t{1} << (stripe % 64);
    }
    void insert_all() noexcept { words_.fill(~std::uint64_t{0}); }

    /// @return seconds waited.
    double lock(std::span<int> stripes) const {
        double waited_s = 0.0;
        for_each([&](std::size_t stripe) {
            const std::atomic_ref<int> held(stripes[stripe]);
            waited_s += mpi::timed_spin_until([&] {
                return held.load(std::memory_order_relaxed) == 0 &&
                       held.exchange(1, std::memory_order_acquire) == 0;
            });
        });
        return waited_s;
    }
    void unlock(std::span<int> stripes) const {
        for_each([&](std::size_t stripe) {
            std::atomic_ref<int>(stripes[stripe]).store(0, std::memory_order_release);
        });
    }

private:
    template <class Visit>
    void for_each(Visit&& visit) const {
        for (std::size_t word = 0; word < words_.size(); ++word) {
            for (std::uint64_t bits = words_[word]; bits != 0; bits &= bits - 1) {
                visit(word * 64 + static_cast<std::size_t>(std::countr_zero(bits)));
            }
        }
    }
    std::array<std::uint64_t, kStripes / 64> words_{};
};

template <class Real>
class Striped final : public SharedWeightsStrategy<Real> {
public:
    Striped(const TrainingContext& context, const mpi::Communicators& comms)
        : SharedWeightsStrategy<Real>(context, comms),
          locks_(comms.node(), kStripes),
          shrinks_(!context.shrink_rates.empty()) {}
    Meters meters() const override {
        Meters meters = SharedWeightsStrategy<Real>::meters();
        meters.lock_wait_seconds = waited_s_;
        return meters;
    }
    void close() override {
        locks_.close();
        SharedWeightsStrategy<Real>::close();
    }

private:
    void process(std::int64_t iteration) override {
        const auto change = this->compute(iteration);
        StripeSet stripes;
        for (const std::uint32_t u : change.delta.index) stripes.insert(u);
        // a shrink changes a whole block, an exchange everything
        if (shrinks_ || this->exchange_due()) stripes.insert_all();
        waited_s_ += stripes.lock(locks_.span());
        this->apply(change);
        stripes.unlock(locks_.span());
    }

    mpi::SharedWindow<int> locks_;  ///< by stripe: 1 where held
    bool shrinks_;
    double waited_s_ = 0.0;
};

}  // namespace

extern const StrategyInfo kStriped{
    .name = "striped",
    .summary = "shared weights, an update locks the weights that it changes",
    .reference = "AIG of Niu et al. 2011, section 6",
    .shares_memory = true,
    .shared_bytes =
        [](const SharedMemoryPlan& plan) {
            return shared_weights_bytes(plan) + mpi::SharedWindow<int>::bytes(kStripes);
        },
    .make = make_with<Striped>};

}  // namespace hogwild::train
