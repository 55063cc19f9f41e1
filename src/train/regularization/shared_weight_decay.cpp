#include "train/regularization/shared_weight_decay.hpp"

#include "model/kernels.hpp"

namespace hogwild::train {
namespace {

/// Every kSweep own documents, a rank applies decay that exceeds kVisible (safely representable in
/// float); in between only decay above kUrgent, which would otherwise affect training.
constexpr std::size_t kSweep = 512;
constexpr double kVisible = 0x1p-16;
constexpr double kUrgent = 0x1p-8;

}  // namespace

SharedWeightDecay SharedWeightDecay::make_for_shared(const TrainingContext& context,
                                                     std::span<ProgressSlot> slots, int me) {
    const auto n = static_cast<std::int64_t>(context.objective.shape.size());
    return make_for_shared(context, slots, me, {0, n});
}

SharedWeightDecay SharedWeightDecay::make_for_shared(const TrainingContext& context,
                                                     std::span<ProgressSlot> slots, int me,
                                                     data::Range all) {
    data::Range block = data::equal_part(all.size(), std::ssize(slots), me);
    block.begin += all.begin;
    block.end += all.begin;
    return make(context, slots, static_cast<std::size_t>(me), static_cast<std::size_t>(block.begin),
                block);
}

SharedWeightDecay SharedWeightDecay::make_for_copy(const TrainingContext& context,
                                                   ProgressSlot& slot, data::Range block) {
    return make(context, std::span(&slot, 1), 0, 0, block);
}

/// @param first  index of the first weight of the block in the span that advance() gets.
SharedWeightDecay SharedWeightDecay::make(const TrainingContext& context,
                                          std::span<ProgressSlot> slots, std::size_t me,
                                          std::size_t first, data::Range block) {
    SharedWeightDecay decay;
    const RegularizationPlan& plan = context.regularization;
    if (!plan.decays()) return decay;
    decay.every_batch_ = plan.form() == RegularizationPlan::Form::every_batch;
    decay.slots_ = slots;
    decay.me_ = me;
    const auto size = static_cast<std::size_t>(block.size());
    const std::span<const double> rates(plan.rates());
    decay.lazy_decay_ = rates.size() == 1
                            ? model::LazyWeightDecay(first, size, rates.front(), plan.decay_form())
                            : model::LazyWeightDecay(
                                  first, rates.subspan(static_cast<std::size_t>(block.begin), size),
                                  plan.decay_form());
    return decay;
}

void SharedWeightDecay::save(data::State& saved) const {
    if (slots_.empty()) return;
    saved.put("decay_exponent", slots_[me_].step_sum);
    saved.put("decay_since_sweep", static_cast<double>(since_sweep_));
    saved.put("decay_applied", std::span<const double>(lazy_decay_.applied()));
}

void SharedWeightDecay::check(const data::State& saved) const {
    if (slots_.empty()) return;
    saved.number("decay_exponent");
    saved.number("decay_since_sweep");
    saved.check_length("decay_applied", lazy_decay_.applied().size());
}

void SharedWeightDecay::resume(const data::State* saved) {
    if (slots_.empty()) return;
    const bool known = saved != nullptr;
    model::store(slots_[me_].step_sum, known ? saved->number("decay_exponent") : 0.0);
    since_sweep_ = known ? static_cast<std::size_t>(saved->number("decay_since_sweep")) : 0;
    lazy_decay_.set_applied(known ? saved->array("decay_applied") : std::vector<double>{}, 0.0);
}

double SharedWeightDecay::total_step_sum() const noexcept {
    double sum = 0.0;
    for (const ProgressSlot& slot : slots_) sum += model::load(slot.step_sum);
    return sum;
}

double SharedWeightDecay::threshold(std::size_t documents) noexcept {
    if (every_batch_) return 0.0;
    since_sweep_ += documents;
    if (since_sweep_ < kSweep) return kUrgent;
    since_sweep_ = 0;
    return kVisible;
}

template <model::WriteMode kMode, class Real>
void SharedWeightDecay::advance(std::span<Real> w, double step_sum, std::size_t documents) {
    if (slots_.empty()) return;
    double& mine = slots_[me_].step_sum;
    model::store(mine, model::load(mine) + step_sum);
    if (!lazy_decay_.empty()) lazy_decay_.advance<kMode>(w, total_step_sum(), threshold(documents));
}

template <class Real>
void SharedWeightDecay::flush(std::span<Real> w) {
    if (!lazy_decay_.empty()) lazy_decay_.advance(w, total_step_sum(), 0.0);
}

template void SharedWeightDecay::advance<model::WriteMode::plain>(std::span<float>, double,
                                                                  std::size_t);
template void SharedWeightDecay::advance<model::WriteMode::plain>(std::span<double>, double,
                                                                  std::size_t);
template void SharedWeightDecay::advance<model::WriteMode::atomic>(std::span<float>, double,
                                                                   std::size_t);
template void SharedWeightDecay::advance<model::WriteMode::atomic>(std::span<double>, double,
                                                                   std::size_t);
template void SharedWeightDecay::flush(std::span<float>);
template void SharedWeightDecay::flush(std::span<double>);

}  // namespace hogwild::train
