#include "train/one_by_one.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "mpi/collectives.hpp"

namespace hogwild::train {

OneByOne::OneByOne(Plan plan, model::TrainingRows& rows, const data::LabelSets& labels,
                   const mpi::Communicators& comms)
    : plan_(std::move(plan)), rows_(rows), labels_(labels), comms_(comms) {
    if (is_dealt()) alone_.emplace(mpi::Communicator::this_rank());
    list_positives();
    for (const std::size_t output : own_outputs()) {
        if (plan_.deal != OutputDeal::matrix || units_.empty()) units_.emplace_back();
        units_.back().outputs.push_back(output);
    }
}

void OneByOne::list_positives() {
    positives_.resize(labels_.outputs());
    for (std::int64_t i = 0; i < labels_.size(); ++i) {
        for (const std::uint16_t output : labels_.of(i)) {
            positives_[output].push_back(static_cast<std::uint32_t>(i));
        }
    }
}

std::vector<std::size_t> OneByOne::own_outputs() const {
    std::vector<std::size_t> all(plan_.shape.outputs);
    std::iota(all.begin(), all.end(), std::size_t{0});
    if (!is_dealt()) return all;
    const std::size_t n = plan_.dealt_together;
    all.resize(all.size() / n);  // now hands to deal
    std::ranges::stable_sort(all, std::greater<>(),
                             [&](std::size_t hand) { return positives_[hand * n].size(); });
    // dealt there and back, so that the first rank does not get the larger one of each round
    std::vector<std::size_t> mine;
    const auto ranks = static_cast<std::size_t>(comms_.size());
    const auto me = static_cast<std::size_t>(comms_.rank());
    for (std::size_t first = 0; first < all.size(); first += ranks) {
        const bool back = first / ranks % 2 == 1;
        const std::size_t k = first + (back ? ranks - 1 - me : me);
        for (std::size_t o = 0; k < all.size() && o < n; ++o) mine.push_back(all[k] * n + o);
    }
    return mine;
}

const mpi::Communicators& OneByOne::trainers() const noexcept { return alone_ ? *alone_ : comms_; }

void OneByOne::run(std::int64_t until) {
    const data::Stopwatch watch;
    for (Unit& unit : units_) {
        if (unit.ended) continue;
        advance(unit, until);
        if (should_pause(watch)) return;
    }
}

/// Ranks that train together pause together.
bool OneByOne::should_pause(const data::Stopwatch& since_start) {
    if (plan_.pause_seconds == 0.0) return false;
    const auto over = std::int64_t{since_start.seconds() >= pause_after_};
    if (mpi::max(trainers().world(), over) == 0) return false;
    constexpr double kFirst = 0.01;
    pause_after_ =
        std::clamp(2.0 * pause_after_, std::min(kFirst, plan_.pause_seconds), plan_.pause_seconds);
    return true;
}

void OneByOne::advance(Unit& unit, std::int64_t until) {
    if (unit.ended) return;
    if (plan_.deal != OutputDeal::matrix) rows_.set_labels(positives_[unit.outputs.front()]);
    if (!unit.trainer) start(unit);
    while (unit.iteration < until && !unit.ended) {
        const std::int64_t epoch = (unit.iteration / plan_.per_epoch + 1) * plan_.per_epoch;
        unit.iteration = plan_.strategy.is_dual ? std::min(until, epoch) : until;
        unit.certificate.reset();
        unit.trainer->run(unit.iteration);
        unit.trainer->quiesce();
        unit.ended = unit.iteration >= plan_.last_iteration;
        if (plan_.strategy.is_dual && unit.iteration % plan_.per_epoch == 0) look(unit);
    }
    if (unit.ended) end(unit);
}

void OneByOne::start(Unit& unit) {
    unit.run = std::make_unique<OutputRun>();
    plan_.prepare(unit.outputs, *unit.run);
    // of several runs, none is as far as the whole
    if (units_.size() == 1) unit.run->context->progress_report = plan_.progress_report;
    unit.trainer = plan_.strategy.make(plan_.precision, *unit.run->context, trainers());
}

void OneByOne::look(Unit& unit) {
    unit.certificate = unit.trainer->certify(unit.ended);
    if (!unit.certificate || !plan_.gap) return;
    if (unit.certificate->relative_gap() <= *plan_.gap) unit.ended = true;
}

void OneByOne::end(Unit& unit) {
    unit.weights = weights_of(unit);
    const Meters own = unit.trainer->meters();
    meters_.documents += own.documents;
    meters_.active += own.active;
    unit.trainer->close();
    unit.trainer.reset();
    unit.run.reset();
}

std::vector<double> OneByOne::weights_of(Unit& unit) const {
    if (!unit.trainer) return unit.weights;
    std::vector<double> weights(plan_.shape.inputs() * unit.outputs.size());
    unit.trainer->weights(weights);
    return weights;
}

void OneByOne::weights(std::span<double> out) {
    std::ranges::fill(out, 0.0);
    for (Unit& unit : units_) {
        const std::vector<double> own = weights_of(unit);
        const std::size_t n = unit.outputs.size();
        for (std::size_t k = 0; k < own.size(); ++k) {
            out[k / n * plan_.shape.outputs + unit.outputs[k % n]] = own[k];
        }
    }
    // each weight is that of one rank, and 0 on the others
    if (is_dealt()) mpi::sum_in_any_order(comms_.world(), out);
}

std::optional<Certificate> OneByOne::certify(bool /*at_any_rate*/) {
    const std::size_t n = plan_.shape.outputs;
    std::vector<double> sums(3 * n + 2);  // see Reached; then how many have certificates, paused
    std::int64_t longest = 0;
    for (const Unit& unit : units_) {
        longest = std::max(longest, unit.iteration);
        if (plan_.pause_seconds > 0.0 && !unit.ended) sums[3 * n + 1] += 1.0;
        const std::size_t o = unit.outputs.front();
        if (unit.ended) sums[o] = static_cast<double>(unit.iteration);
        if (!unit.certificate) continue;
        sums[n + o] = unit.certificate->primal;
        sums[2 * n + o] = unit.certificate->dual;
        sums[3 * n] += 1.0;
    }
    if (is_dealt()) mpi::sum_in_rank_order(comms_.world(), sums);
    const auto part = [&](std::size_t k) {
        const auto first = sums.begin() + static_cast<std::ptrdiff_t>(k * n);
        return std::vector<double>(first, first + static_cast<std::ptrdiff_t>(n));
    };
    reached_ = {sums[3 * n + 1] > 0.0, mpi::max(comms_.world(), longest), part(0), part(1),
                part(2)};
    if (sums[3 * n] != static_cast<double>(n)) return {};
    Certificate all;
    for (std::size_t o = 0; o < n; ++o) {
        const Certificate one{reached_.primal[o], reached_.dual[o]};
        all.primal += one.primal / static_cast<double>(n);
        all.dual += one.dual / static_cast<double>(n);
        all.worst_output = std::max(all.worst_output, one.relative_gap());
    }
    return all;
}

std::int64_t OneByOne::ended_at(std::int64_t until) const {
    if (reached_.has_paused) {
        const double sum = std::reduce(reached_.iteration.begin(), reached_.iteration.end());
        return static_cast<std::int64_t>(sum / static_cast<double>(plan_.shape.outputs));
    }
    return plan_.strategy.is_dual ? std::min(until, reached_.longest) : until;
}

void OneByOne::save(SavedState& out) const {
    if (plan_.deal == OutputDeal::matrix) return;
    // in epochs, which mean the same on any number of ranks
    std::vector<double> epochs = reached_.iteration;
    for (double& epoch : epochs) epoch /= static_cast<double>(plan_.per_epoch);
    out.common.put("output_epochs", std::span<const double>(epochs));
    out.common.put("output_primal", std::span<const double>(reached_.primal));
    out.common.put("output_dual", std::span<const double>(reached_.dual));
}

void OneByOne::resume(std::int64_t iteration, std::span<const double> weights,
                      const RestoredState& saved) {
    for (Unit& unit : units_) {
        if (plan_.deal == OutputDeal::matrix) {
            resume_matrix(unit, iteration, weights, saved);
        } else {
            resume_ended(unit, weights, saved);
        }
    }
}

void OneByOne::resume_matrix(Unit& unit, std::int64_t iteration, std::span<const double> weights,
                             const RestoredState& saved) {
    start(unit);
    unit.trainer->resume(iteration, own_part(weights, unit), saved);
    unit.iteration = iteration;
}

void OneByOne::resume_ended(Unit& unit, std::span<const double> weights,
                            const RestoredState& saved) {
    const std::size_t o = unit.outputs.front();
    const double epochs = saved.common().array("output_epochs")[o];
    if (epochs == 0.0) return;
    const Certificate certificate{saved.common().array("output_primal")[o],
                                  saved.common().array("output_dual")[o]};
    const bool has_certificate = certificate.primal > 0.0;
    const auto iteration = std::llround(epochs * static_cast<double>(plan_.per_epoch));
    const bool near_enough =
        plan_.gap && has_certificate && certificate.relative_gap() <= *plan_.gap;
    if (iteration < plan_.last_iteration && !near_enough) return;
    unit.iteration = std::min<std::int64_t>(iteration, plan_.last_iteration);
    unit.ended = true;
    if (has_certificate) unit.certificate = certificate;
    unit.weights = own_part(weights, unit);
}

/// The weights of a unit's outputs.
std::vector<double> OneByOne::own_part(std::span<const double> weights, const Unit& unit) const {
    const std::size_t n = unit.outputs.size();
    std::vector<double> own(plan_.shape.inputs() * n);
    for (std::size_t k = 0; k < own.size(); ++k) {
        own[k] = weights[k / n * plan_.shape.outputs + unit.outputs[k % n]];
    }
    return own;
}

void OneByOne::close() {
    for (Unit& unit : units_) {
        if (unit.trainer) unit.trainer->close();
    }
    if (alone_) alone_->close();
}

}  // namespace hogwild::train
