#include "train/regularization/lazy_l2_scale.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "model/kernels.hpp"

namespace hogwild::train {

LazyL2Scale::LazyL2Scale(const TrainingContext& context, const mpi::Communicators& comms)
    : me_(static_cast<std::size_t>(comms.group_rank())) {
    if (context.regularization.form() != RegularizationPlan::Form::common_scale) return;
    rate_ = context.regularization.rate(0);
    slots_ = mpi::SharedWindow<Slot>(comms.group(), static_cast<std::size_t>(comms.group_size()));
    common_ = mpi::SharedWindow<Common>(comms.group(), 1);
}

void LazyL2Scale::close() {
    slots_.close();
    common_.close();
}

double LazyL2Scale::factor(double exponent) const noexcept {
    return std::exp(-rate_ * (exponent - materialized_at_));
}

void LazyL2Scale::advance(double exponent) noexcept {
    if (used()) value_ = factor(exponent);
}

bool LazyL2Scale::due() const noexcept {
    static const double smallest = std::exp(-kLargest);
    return used() && (value_ < smallest || model::load(common().called) != number_);
}

/// A rank that calls stores its call before it reads which ranks are present; a rank that enters
/// stores its presence before it reads whether there was a call. All these accesses have one order
/// for all ranks (seq_cst), so at least one of the two ranks sees the other.
double LazyL2Scale::enter() {
    if (!used()) return 1.0;
    std::atomic_ref(mine().present).store(1, std::memory_order_seq_cst);
    const std::atomic_ref called(common().called);
    number_ = called.load(std::memory_order_seq_cst);
    std::atomic_ref(mine().come_to).store(number_, std::memory_order_release);
    mpi::spin_until([this] { return is_done(); });
    return catch_up();
}

void LazyL2Scale::leave() noexcept {
    if (used()) std::atomic_ref(mine().present).store(0, std::memory_order_release);
}

/// @return whether this rank is the first to call.
bool LazyL2Scale::call() noexcept {
    std::int64_t last = number_++;
    const bool first = std::atomic_ref(common().called)
                           .compare_exchange_strong(last, number_, std::memory_order_seq_cst);
    std::atomic_ref(mine().come_to).store(number_, std::memory_order_release);
    return first;
}

bool LazyL2Scale::all_have_come() noexcept {
    return std::ranges::all_of(slots_.span(), [this](Slot& slot) {
        return std::atomic_ref(slot.present).load(std::memory_order_seq_cst) == 0 ||
               std::atomic_ref(slot.come_to).load(std::memory_order_acquire) == number_;
    });
}

bool LazyL2Scale::is_done() noexcept {
    return std::atomic_ref(common().done).load(std::memory_order_acquire) >= number_;
}

void LazyL2Scale::done(double exponent) noexcept {
    model::store(common().materialized_at, exponent);
    std::atomic_ref(common().done).store(number_, std::memory_order_release);
}

double LazyL2Scale::catch_up() noexcept {
    if (!used()) return 1.0;
    number_ = std::atomic_ref(common().done).load(std::memory_order_acquire);
    const double now = model::load(common().materialized_at);
    const double due = factor(now);
    materialized_at_ = now;
    value_ = 1.0;
    return due;
}

double LazyL2Scale::materialize_at_boundary(double exponent) noexcept {
    if (!used()) return 1.0;
    const double due = factor(exponent);
    materialized_at_ = exponent;
    value_ = 1.0;
    model::store(common().materialized_at, exponent);  // all ranks store the same value
    return due;
}

}  // namespace hogwild::train
