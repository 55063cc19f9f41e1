#pragma once
#include <cstdint>

#include "model/schedule.hpp"
#include "train/context.hpp"
#include "train/meters/document_totals.hpp"

namespace hogwild::train {

/// The interval between two exchanges of a group, in documents of its leader. Arithmetic only:
/// clocks and counters are arguments.
///
/// `auto` keeps the time spent on exchanges at a fixed share of the leader's time. With `sum` the
/// interval has an upper bound, since summing the changes of N groups multiplies the step by N.
class ExchangeInterval {
public:
    /// @param replicas  number of groups that exchange.
    ExchangeInterval(const TrainingContext& context, const DocumentTotals& totals, int replicas);

    std::int64_t documents() const noexcept { return interval_; }  ///< >= 1

    /// Call at the beginning of a round.
    /// @param group_documents  processed so far by the ranks of this group.
    /// @param own_documents   processed so far by the leader.
    /// @param cpu_s           CPU time of the leader, seconds.
    void begin(std::int64_t group_documents, std::int64_t own_documents, double cpu_s);
    /// Adds CPU time spent on the exchange, seconds.
    void add_cost(double cpu_s) noexcept { cost_s_ += cpu_s; }
    /// Call after an exchange. Plans the next interval from the cost of this one.
    void plan_next(std::int64_t group_documents, std::int64_t own_documents, double cpu_s);

private:
    void keep_sum_stable(std::int64_t group_documents);

    ExchangePlan plan_;
    model::StepSchedule schedule_;
    DocumentTotals totals_;
    double training_documents_;
    int replicas_;
    std::int64_t interval_ = 1;
    std::int64_t own_at_plan_ = 0;
    double planned_at_s_ = 0.0;
    double cost_s_ = 0.0;        ///< since the last plan
    double usual_cost_s_ = 0.0;  ///< running mean over exchanges
};

}  // namespace hogwild::train
