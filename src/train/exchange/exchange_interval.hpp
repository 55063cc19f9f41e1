#pragma once
#include <cstdint>

#include "model/schedule.hpp"
#include "train/context.hpp"
#include "train/meters/document_totals.hpp"

namespace hogwild::train {

/// When the leader of a window starts its next exchange, in documents of the leader. Arithmetic
/// alone: clocks and counters are arguments.
///
/// `auto` keeps the time spent on exchanges at a fixed share of the leader's time; with `sum` the
/// interval is limited besides, since summing the changes of N nodes multiplies the step by N.
class ExchangeInterval {
public:
    /// @param replicas  that exchange.
    ExchangeInterval(const TrainingContext& context, const DocumentTotals& totals, int replicas);

    std::int64_t documents() const noexcept { return interval_; }  ///< >= 1

    /// At the beginning of a round.
    /// @param node_documents  processed so far by the ranks of this window.
    /// @param own_documents   processed so far by the leader.
    /// @param cpu_s           CPU time of the leader, seconds.
    void begin(std::int64_t node_documents, std::int64_t own_documents, double cpu_s);
    /// Adds CPU time spent on the exchange, seconds.
    void add_cost(double cpu_s) noexcept { cost_s_ += cpu_s; }
    /// After an exchange: plans the next interval from what this one has cost.
    void plan_next(std::int64_t node_documents, std::int64_t own_documents, double cpu_s);

private:
    void keep_sum_stable(std::int64_t node_documents);

    ExchangePlan plan_;
    model::StepSchedule schedule_;
    DocumentTotals totals_;
    double training_documents_;
    int replicas_;
    std::int64_t interval_ = 1;
    std::int64_t own_at_plan_ = 0;
    double planned_at_s_ = 0.0;
    double cost_s_ = 0.0;        ///< since the last plan
    double usual_cost_s_ = 0.0;  ///< of one exchange
};

}  // namespace hogwild::train
