#include "train/calibration.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "model/evaluation.hpp"
#include "train/trial_sample.hpp"

namespace hogwild::train {
namespace {

constexpr std::size_t kLearn = 4000;  ///< documents to learn from, at most
constexpr std::size_t kJudge =
    kCalibrationDocuments - kLearn;  ///< documents to evaluate on, at most

std::size_t documents_to_learn_from(std::size_t all) {
    const std::size_t others = all > kJudge ? all - kJudge : 0;
    return std::min(kLearn, std::max((all + 1) / 2, others));
}

class Trial {
public:
    Trial(const model::Objective& objective, const data::Rows& rows,
          std::span<const std::uint32_t> order, std::int64_t batch_size)
        : objective_(objective),
          rows_(rows),
          learn_(order.first(documents_to_learn_from(order.size()))),
          batch_size_(
              std::clamp<std::size_t>(static_cast<std::size_t>(batch_size), 1, learn_.size())),
          gradient_(objective, false) {
        auto judges = order.subspan(learn_.size());
        judges = judges.first(std::min(judges.size(), kJudge));
        if (judges.empty()) judges = order.first(1);
        for (const std::uint32_t i : judges) {
            judges_.append(rows.row(i), rows.label(i), rows.weight(i));
        }
    }

    /// The objective after one pass; infinite if the weights are no longer finite.
    double objective_after(double eta) {
        model::LinearModel<data::Numbering::training> model{
            objective_, std::vector<double>(objective_.shape.size())};
        const std::span<double> w(model.weights);
        for (std::size_t first = 0; first < learn_.size(); first += batch_size_) {
            const auto batch = learn_.subspan(first, std::min(batch_size_, learn_.size() - first));
            model::add(w, gradient_.step(rows_, batch, std::span<const double>(w), eta));
        }
        model::Tally tally;
        model::evaluate(model, judges_, tally);
        const double value = model::metrics_of(model, tally, objective_.class_weights).objective;
        return std::isfinite(value) ? value : std::numeric_limits<double>::infinity();
    }

    /// A step that moves a document's own margin by about one: 1 / mean |x|^2, bias included.
    double guess() const {
        double squares = 0.0;
        for (const std::uint32_t i : learn_) {
            for (const float v : rows_.row(i).value) {
                squares += static_cast<double>(v) * static_cast<double>(v);
            }
            squares += objective_.bias ? 1.0 : 0.0;
        }
        return squares > 0.0 ? static_cast<double>(learn_.size()) / squares : 1.0;
    }

private:
    const model::Objective& objective_;
    const data::Rows& rows_;
    std::span<const std::uint32_t> learn_;
    std::size_t batch_size_;
    model::BatchGradient<double> gradient_;
    data::NumberedRows<data::Numbering::training> judges_;
};

}  // namespace

double calibrate_learning_rate(const model::Objective& all_features, data::Rows rows,
                               std::span<const std::uint32_t> order, std::int64_t batch_size) {
    const model::Objective objective = compact(all_features, rows);
    Trial trial(objective, rows, order, batch_size);
    double best = trial.guess() / static_cast<double>(batch_size);
    double lowest = trial.objective_after(best);
    constexpr int kMostSteps = 40;
    for (const double factor : {2.0, 0.5}) {
        const double start = best;
        for (int k = 1; k <= kMostSteps; ++k) {
            const double eta = start * std::pow(factor, k);
            const double value = trial.objective_after(eta);
            if (!(value < lowest)) break;
            best = eta;
            lowest = value;
        }
        if (best != start) break;  // smaller rates can only be worse
    }
    return best;
}

}  // namespace hogwild::train
