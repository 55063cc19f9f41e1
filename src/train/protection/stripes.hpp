#pragma once
#include <array>
#include <bit>
#include <optional>
#include <span>

#include "mpi/shared_window.hpp"
#include "mpi/spin_lock.hpp"
#include "train/protection/protection.hpp"

namespace hogwild::train {

constexpr std::size_t kStripes = 1024;

/// A set of stripes that are locked and unlocked together. Component u belongs to stripe u mod
/// 1024.
class StripeSet {
public:
    void insert(std::uint32_t component) noexcept {
        const std::size_t stripe = component % kStripes;
        words_[stripe / 64] |= std::uint64_t{1} << (stripe % 64);
    }
    void insert_all() noexcept { words_.fill(~std::uint64_t{0}); }

    /// Takes the locks in ascending order, so that no two ranks can wait for each other.
    /// @param locks  one per stripe. @return seconds waited.
    double lock(std::span<mpi::SpinLock> locks) const {
        double waited_s = 0.0;
        for_each([&](std::size_t stripe) { waited_s += locks[stripe].timed_lock(); });
        return waited_s;
    }
    void unlock(std::span<mpi::SpinLock> locks) const {
        for_each([&](std::size_t stripe) { locks[stripe].unlock(); });
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

/// An update locks the stripes of the weights that it changes, and no others.
class Stripes : public Protection {
public:
    static std::uint64_t bytes(const SharedMemoryPlan& /*plan*/) {
        return mpi::SharedWindow<mpi::SpinLock>::bytes(kStripes);
    }
    Stripes(const TrainingContext& context, const mpi::Communicators& comms)
        : Protection(context, comms),
          locks_(comms.group(), kStripes),
          decays_(context.regularization.decays()) {}
    void close() { locks_.close(); }

    template <class Update>
    void protect(const model::SparseDelta& change, Update&& update) {
        if (decays_) return protect_all(update);  // weight decay changes a whole block
        StripeSet stripes;
        for (const std::uint32_t u : change.index) stripes.insert(u);
        hold(stripes, update);
    }
    template <class Update>
    void protect_all(Update&& update) {
        StripeSet stripes;
        stripes.insert_all();
        hold(stripes, update);
    }
    std::optional<double> waited_seconds() const { return waited_s_; }

private:
    template <class Update>
    void hold(const StripeSet& stripes, Update&& update) {
        waited_s_ += stripes.lock(locks_.span());
        update();
        stripes.unlock(locks_.span());
    }

    mpi::SharedWindow<mpi::SpinLock> locks_;
    bool decays_;
    double waited_s_ = 0.0;
};

}  // namespace hogwild::train
