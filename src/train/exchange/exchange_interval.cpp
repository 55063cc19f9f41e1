#include "train/exchange/exchange_interval.hpp"

#include <algorithm>

namespace hogwild::train {
namespace {

/// `auto`: largest fraction of the leader's time spent on exchanges.
constexpr double kMaxOverhead = 0.035;
constexpr std::int64_t kFirst = 8;  ///< exchanges per epoch until the first cost measurement
/// `sum` with `auto`: upper bound on nodes * learning rate * documents between exchanges. Larger
/// values overshoot; at 2 the bias, which every document changes, still oscillates by 0.2 on RCV1.
constexpr double kStableStep = 0.5;
constexpr double kFewest = 64.0;  ///< lower bound on the documents of a group between exchanges
/// Factor by which the interval may change from one exchange to the next.
constexpr double kMaxChange = 4.0;

}  // namespace

ExchangeInterval::ExchangeInterval(const TrainingContext& context, const DocumentTotals& totals,
                                   int replicas)
    : plan_(context.exchange),
      schedule_(context.schedule),
      totals_(totals),
      training_documents_(static_cast<double>(context.training_documents)),
      replicas_(replicas),
      interval_(context.own_documents().size() / kFirst) {
    if (plan_.every) {
        const auto of_all = static_cast<double>(*plan_.every);
        interval_ = static_cast<std::int64_t>(of_all * totals.own / totals.all);
    }
    interval_ = std::max<std::int64_t>(1, interval_);
}

void ExchangeInterval::begin(std::int64_t group_documents, std::int64_t own_documents,
                             double cpu_s) {
    own_at_plan_ = own_documents;
    planned_at_s_ = cpu_s;
    cost_s_ = 0.0;
    keep_sum_stable(group_documents);
}

void ExchangeInterval::keep_sum_stable(std::int64_t group_documents) {
    if (plan_.every || plan_.combine != Combine::sum) return;
    const double of_all = totals_.all / totals_.group * static_cast<double>(group_documents);
    const double eta = schedule_.at(of_all, of_all / training_documents_);
    const double node = std::max(kFewest, kStableStep / (eta * replicas_));
    interval_ =
        std::max<std::int64_t>(1, static_cast<std::int64_t>(node * totals_.own / totals_.group));
}

void ExchangeInterval::plan_next(std::int64_t group_documents, std::int64_t own_documents,
                                 double cpu_s) {
    const double elapsed = cpu_s - planned_at_s_;
    const auto own = static_cast<double>(own_documents - own_at_plan_);
    usual_cost_s_ = usual_cost_s_ > 0.0 ? 0.5 * (usual_cost_s_ + cost_s_) : cost_s_;
    if (!plan_.every && elapsed > 0.0 && own > 0.0) {
        const auto now = static_cast<double>(interval_);
        const double wanted = usual_cost_s_ / kMaxOverhead * own / elapsed;
        interval_ =
            1 + static_cast<std::int64_t>(std::clamp(wanted, now / kMaxChange, kMaxChange * now));
    }
    keep_sum_stable(group_documents);
    cost_s_ = 0.0;
    planned_at_s_ = cpu_s;
    own_at_plan_ = own_documents;
}

}  // namespace hogwild::train
