#include "hogwild/train/calibration.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "hogwild/model/evaluation.hpp"

namespace hogwild::train {
namespace {

constexpr std::int64_t kLearn = 4000;  ///< documents to learn from, at most
constexpr std::int64_t kJudge = 2000;  ///< documents to judge by, at most

class Trial {
public:
    Trial(const model::Objective& objective, const data::Rows& rows, std::int64_t batch_size)
        : objective_(objective),
          rows_(rows),
          learn_(std::min(kLearn, (rows.size() + 1) / 2)),
          batch_size_(std::clamp<std::int64_t>(batch_size, 1, learn_)),
          gradient_(objective, true),
          order_(static_cast<std::size_t>(learn_)) {
        std::iota(order_.begin(), order_.end(), 0U);
        const std::int64_t end = std::min(rows.size(), learn_ + kJudge);
        for (std::int64_t i = learn_; i < end; ++i) judges_.append(rows.row(i), rows.label(i));
        if (judges_.empty()) judges_.append(rows.row(0), rows.label(0));
    }

    /// The objective after a pass; infinite where the weights are not numbers any more.
    double objective_after(double eta) {
        model::LinearModel<data::Numbering::training> model{
            objective_, std::vector<double>(objective_.n_weights())};
        const std::span<double> w(model.weights);
        const std::span<const std::uint32_t> all(order_);
        for (std::int64_t first = 0; first < learn_; first += batch_size_) {
            const std::int64_t size = std::min(batch_size_, learn_ - first);
            const auto batch =
                all.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(size));
            model::add(w, gradient_.step(rows_, batch, std::span<const double>(w), eta));
        }
        model::Tally tally;
        model::evaluate(model, judges_, tally);
        const double value = model::metrics_of(model, tally).objective;
        return std::isfinite(value) ? value : std::numeric_limits<double>::infinity();
    }

    /// A step that moves a document's own margin by about one: 1 / mean |x|^2, bias included.
    double guess() const {
        double squares = 0.0;
        for (std::int64_t i = 0; i < learn_; ++i) {
            for (const float v : rows_.row(i).value) {
                squares += static_cast<double>(v) * static_cast<double>(v);
            }
            squares += objective_.bias ? 1.0 : 0.0;
        }
        return squares > 0.0 ? static_cast<double>(learn_) / squares : 1.0;
    }

private:
    const model::Objective& objective_;
    const data::Rows& rows_;
    std::int64_t learn_;
    std::int64_t batch_size_;
    model::BatchGradient<double> gradient_;
    std::vector<std::uint32_t> order_;
    data::NumberedRows<data::Numbering::training> judges_;
};

}  // namespace

double calibrate_learning_rate(const model::Objective& objective, const model::TrainingRows& rows,
                               std::int64_t batch_size) {
    const data::Rows some = rows.plain(0, std::min(rows.size(), 2 * kLearn));
    Trial trial(objective, some, batch_size);
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
        if (best != start) break;  // better on this side: no need to look on the other
    }
    return best;
}

}  // namespace hogwild::train
