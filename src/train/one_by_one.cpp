#include "train/one_by_one.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "mpi/collectives.hpp"

namespace hogwild::train {

OneByOne::OneByOne(Plan plan, model::TrainingRows& rows, const data::LabelSets& labels,
                   const mpi::Communicators& comms)
    : plan_(std::move(plan)),
      rows_(rows),
      labels_(labels),
      comms_(comms),
      outputs_(plan_.shape.outputs) {
    if (plan_.deal == OutputDeal::dealt) alone_.emplace(mpi::Communicator(MPI_COMM_SELF));
    list_positives();
    choose_own();
}

void OneByOne::list_positives() {
    positives_.resize(labels_.outputs());
    for (std::int64_t i = 0; i < labels_.size(); ++i) {
        for (const std::uint16_t output : labels_.of(i)) {
            positives_[output].push_back(static_cast<std::uint32_t>(i));
        }
    }
}

void OneByOne::choose_own() {
    own_.resize(outputs_.size());
    std::iota(own_.begin(), own_.end(), std::size_t{0});
    if (plan_.deal != OutputDeal::dealt) return;
    std::ranges::stable_sort(own_, std::greater<>(),
                             [this](std::size_t o) { return positives_[o].size(); });
    std::vector<std::size_t> mine;
    for (std::size_t k = 0; k < own_.size(); ++k) {
        if (static_cast<int>(k % static_cast<std::size_t>(comms_.size())) == comms_.rank()) {
            mine.push_back(own_[k]);
        }
    }
    own_ = std::move(mine);
}

const mpi::Communicators& OneByOne::trainers() const noexcept { return alone_ ? *alone_ : comms_; }

void OneByOne::run(std::int64_t until) {
    for (const std::size_t output : own_) advance(output, until);
}

void OneByOne::advance(std::size_t number, std::int64_t until) {
    Output& output = outputs_[number];
    if (output.ended) return;
    rows_.set_labels(positives_[number]);
    if (!output.trainer) start(number);
    while (output.iteration < until && !output.ended) {
        const std::int64_t epoch = (output.iteration / plan_.per_epoch + 1) * plan_.per_epoch;
        output.iteration = plan_.strategy.is_dual ? std::min(until, epoch) : until;
        output.certificate.reset();
        output.trainer->run(output.iteration);
        output.trainer->quiesce();
        output.ended = output.iteration >= plan_.last_iteration;
        if (plan_.strategy.is_dual && output.iteration % plan_.per_epoch == 0) look(output);
    }
    if (output.ended) end(output);
}

void OneByOne::start(std::size_t number) {
    Output& output = outputs_[number];
    output.run = std::make_unique<OutputRun>();
    plan_.prepare(number, *output.run);
    output.trainer = plan_.strategy.make(plan_.precision, *output.run->context, trainers());
}

void OneByOne::look(Output& output) {
    output.certificate = output.trainer->certify(output.ended);
    if (!output.certificate || !plan_.gap) return;
    if (output.certificate->relative_gap() <= *plan_.gap) output.ended = true;
}

void OneByOne::end(Output& output) {
    output.weights = weights_of(output);
    const Meters own = output.trainer->meters();
    meters_.documents += own.documents;
    meters_.active += own.active;
    output.trainer->close();
    output.trainer.reset();
    output.run.reset();
}

std::vector<double> OneByOne::weights_of(Output& output) const {
    if (!output.trainer) return output.weights;
    std::vector<double> column(plan_.shape.inputs());
    output.trainer->weights(column);
    return column;
}

void OneByOne::weights(std::span<double> out) {
    std::ranges::fill(out, 0.0);
    for (const std::size_t number : own_) {
        const std::vector<double> column = weights_of(outputs_[number]);
        for (std::size_t u = 0; u < column.size(); ++u) {
            out[u * plan_.shape.outputs + number] = column[u];
        }
    }
    // each weight is that of one rank, and 0 on the others
    if (alone_) mpi::sum_in_any_order(comms_.world(), out);
}

void OneByOne::resume(std::int64_t /*iteration*/, std::span<const double> /*weights*/,
                      const RestoredState& /*saved*/) {
    throw std::logic_error("outputs that are trained one by one do not start from weights");
}

std::optional<Certificate> OneByOne::certify(bool /*at_any_rate*/) {
    const std::size_t n = outputs_.size();
    std::vector<double> sums(2 * n + 1);  // of each output the certificate; then how many there are
    std::int64_t longest = 0;
    for (const std::size_t number : own_) {
        const Output& output = outputs_[number];
        longest = std::max(longest, output.iteration);
        if (!output.certificate) continue;
        sums[2 * number] = output.certificate->primal;
        sums[2 * number + 1] = output.certificate->dual;
        sums.back() += 1.0;
    }
    if (alone_) mpi::sum_in_rank_order(comms_.world(), sums);
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
    for (const std::size_t number : own_) {
        if (outputs_[number].trainer) outputs_[number].trainer->close();
    }
    if (alone_) alone_->close();
}

}  // namespace hogwild::train
