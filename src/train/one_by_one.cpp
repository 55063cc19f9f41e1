#include "train/one_by_one.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>
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
    std::ranges::stable_sort(all, std::greater<>(),
                             [this](std::size_t o) { return positives_[o].size(); });
    // dealt there and back, so that the first rank does not get the larger one of each round
    std::vector<std::size_t> mine;
    const auto ranks = static_cast<std::size_t>(comms_.size());
    const auto me = static_cast<std::size_t>(comms_.rank());
    for (std::size_t first = 0; first < all.size(); first += ranks) {
        const bool back = first / ranks % 2 == 1;
        const std::size_t k = first + (back ? ranks - 1 - me : me);
        if (k < all.size()) mine.push_back(all[k]);
    }
    return mine;
}

const mpi::Communicators& OneByOne::trainers() const noexcept { return alone_ ? *alone_ : comms_; }

void OneByOne::run(std::int64_t until) {
    for (Unit& unit : units_) advance(unit, until);
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

void OneByOne::resume(std::int64_t /*iteration*/, std::span<const double> /*weights*/,
                      const RestoredState& /*saved*/) {
    throw std::logic_error("outputs that are trained one by one do not start from weights");
}

std::optional<Certificate> OneByOne::certify(bool /*at_any_rate*/) {
    const std::size_t n = plan_.shape.outputs;
    std::vector<double> sums(2 * n + 1);  // of each output the certificate; then how many there are
    std::int64_t longest = 0;
    for (const Unit& unit : units_) {
        longest = std::max(longest, unit.iteration);
        if (!unit.certificate) continue;
        sums[2 * unit.outputs.front()] = unit.certificate->primal;
        sums[2 * unit.outputs.front() + 1] = unit.certificate->dual;
        sums.back() += 1.0;
    }
    if (is_dealt()) mpi::sum_in_rank_order(comms_.world(), sums);
    longest_ = mpi::max(comms_.world(), longest);
    if (sums.back() != static_cast<double>(n)) return {};
    Certificate all;
    for (std::size_t o = 0; o < n; ++o) {
        const Certificate one{sums[2 * o], sums[2 * o + 1]};
        all.primal += one.primal / static_cast<double>(n);
        all.dual += one.dual / static_cast<double>(n);
        all.worst_output = std::max(all.worst_output, one.relative_gap());
    }
    return all;
}

std::int64_t OneByOne::ended_at(std::int64_t until) const {
    return plan_.strategy.is_dual ? std::min(until, longest_) : until;
}

void OneByOne::close() {
    for (Unit& unit : units_) {
        if (unit.trainer) unit.trainer->close();
    }
    if (alone_) alone_->close();
}

}  // namespace hogwild::train
