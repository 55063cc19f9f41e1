#include "hogwild/train/decay.hpp"

#include <type_traits>

#include "hogwild/model/kernels.hpp"
#include "hogwild/mpi/collectives.hpp"

namespace hogwild::train {
namespace {

using model::Regularizer;

/// Every so many documents of its own a rank applies what a float can see with digits to spare;
/// in between only what would change the course of training if it waited.
constexpr std::size_t kSweep = 512;
constexpr double kVisible = 0x1p-16;
constexpr double kUrgent = 0x1p-8;

}  // namespace

template <class Real>
Decay Decay::make_for_shared(const Problem& problem, std::span<ProgressSlot> slots, int me) {
    const auto n_weights = static_cast<std::int64_t>(problem.objective.n_weights());
    return make_for_shared<Real>(problem, slots, me, {0, n_weights});
}

template <class Real>
Decay Decay::make_for_shared(const Problem& problem, std::span<ProgressSlot> slots, int me,
                             data::Range all) {
    data::Range block = data::equal_part(all.size(), std::ssize(slots), me);
    block.begin += all.begin;
    block.end += all.begin;
    return make<Real>(problem, slots, static_cast<std::size_t>(me),
                      static_cast<std::size_t>(block.begin), block);
}

template <class Real>
Decay Decay::make_for_copy(const Problem& problem, ProgressSlot& slot, data::Range block) {
    return make<Real>(problem, std::span(&slot, 1), 0, 0, block);
}

/// @param first  index in the weights that advance() gets of the block's first weight.
template <class Real>
Decay Decay::make(const Problem& problem, std::span<ProgressSlot> slots, std::size_t me,
                  std::size_t first, data::Range block) {
    Decay decay;
    if (problem.shrink_rates.empty()) return decay;
    const std::span<const double> rates(problem.shrink_rates);
    // The exact form of l2 is one factor per batch; below float's resolution it has to wait.
    decay.every_batch_ = !problem.aggregated && std::is_same_v<Real, double>;
    decay.slots_ = slots;
    decay.me_ = me;
    decay.shrink_ = model::Shrink(
        first,
        rates.subspan(static_cast<std::size_t>(block.begin),
                      static_cast<std::size_t>(block.size())),
        problem.aggregated ? model::Shrink::Form::exponential : model::Shrink::Form::linear);
    return decay;
}

void Decay::save(data::State& saved) const {
    if (slots_.empty()) return;
    saved.put("decay_exponent", slots_[me_].exponent);
    saved.put("decay_since_sweep", static_cast<double>(since_sweep_));
    saved.put("decay_applied", std::span<const double>(shrink_.applied()));
}

void Decay::check(const data::State& saved) const {
    if (slots_.empty()) return;
    saved.number("decay_exponent");
    saved.number("decay_since_sweep");
    saved.check_length("decay_applied", shrink_.applied().size());
}

void Decay::resume(const data::State* saved) {
    if (slots_.empty()) return;
    const bool known = saved != nullptr;
    model::store(slots_[me_].exponent, known ? saved->number("decay_exponent") : 0.0);
    since_sweep_ = known ? static_cast<std::size_t>(saved->number("decay_since_sweep")) : 0;
    shrink_.set_applied(known ? saved->array("decay_applied") : std::vector<double>{}, 0.0);
}

double Decay::common_exponent() const noexcept {
    double sum = 0.0;
    for (const ProgressSlot& slot : slots_) sum += model::load(slot.exponent);
    return sum;
}

double Decay::threshold(std::size_t documents) noexcept {
    if (every_batch_) return 0.0;
    since_sweep_ += documents;
    if (since_sweep_ < kSweep) return kUrgent;
    since_sweep_ = 0;
    return kVisible;
}

template <model::Access kAccess, class Real>
void Decay::advance(std::span<Real> w, double exponent, std::size_t documents) {
    if (slots_.empty()) return;
    double& mine = slots_[me_].exponent;
    model::store(mine, model::load(mine) + exponent);
    if (!shrink_.empty()) shrink_.advance<kAccess>(w, common_exponent(), threshold(documents));
}

template <class Real>
void Decay::flush(std::span<Real> w) {
    if (!shrink_.empty()) shrink_.advance(w, common_exponent(), 0.0);
}

template Decay Decay::make_for_shared<float>(const Problem&, std::span<ProgressSlot>, int);
template Decay Decay::make_for_shared<double>(const Problem&, std::span<ProgressSlot>, int);
template Decay Decay::make_for_shared<float>(const Problem&, std::span<ProgressSlot>, int,
                                             data::Range);
template Decay Decay::make_for_shared<double>(const Problem&, std::span<ProgressSlot>, int,
                                              data::Range);
template Decay Decay::make_for_copy<float>(const Problem&, ProgressSlot&, data::Range);
template Decay Decay::make_for_copy<double>(const Problem&, ProgressSlot&, data::Range);
template void Decay::advance<model::Access::plain>(std::span<float>, double, std::size_t);
template void Decay::advance<model::Access::plain>(std::span<double>, double, std::size_t);
template void Decay::advance<model::Access::atomic>(std::span<float>, double, std::size_t);
template void Decay::advance<model::Access::atomic>(std::span<double>, double, std::size_t);
template void Decay::flush(std::span<float>);
template void Decay::flush(std::span<double>);

std::vector<double> shrink_rates(const model::Objective& objective, bool aggregated,
                                 const model::TrainingRows& rows, std::int64_t n, MPI_Comm comm) {
    if (objective.regularizer == Regularizer::l2) {
        return std::vector<double>(objective.n_weights(), objective.lambda);
    }
    if (!aggregated || objective.regularizer == Regularizer::none) return {};
    std::vector<double> rates(objective.n_weights());
    const bool seed = objective.regularizer == Regularizer::seed;
    rows.for_each_block([&](const data::Rows& block) {
        for (std::int64_t i = 0; i < block.size(); ++i) {
            const data::SparseRow x = block.row(i);
            const double inverse_length = objective.inverse_length(x);
            for (const std::uint32_t u : x.index) {
                rates[u] += seed ? inverse_length : objective.inverse_degree[u];
            }
            if (objective.bias) {
                const std::uint32_t b = objective.bias_index();
                rates[b] += seed ? inverse_length : objective.inverse_degree[b];
            }
        }
    });
    mpi::sum_in_rank_order(comm, rates);
    for (double& rate : rates) rate *= 2.0 * objective.lambda / static_cast<double>(n);
    return rates;
}

}  // namespace hogwild::train
