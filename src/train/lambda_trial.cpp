#include "train/lambda_trial.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "model/dual_loss.hpp"
#include "model/evaluation.hpp"
#include "train/trial_sample.hpp"

namespace hogwild::train {
namespace {

constexpr double kStep = 4.0;                      ///< between lambdas
constexpr double kLargest = 0.1;                   ///< times mean |x|^2
constexpr double kMostPerWeight = 100;             ///< of mean |x|^2 / (lambda n)
constexpr int kPatience = 3;                       ///< lambdas in turn that bring nothing
constexpr int kMostPasses = 20;                    ///< for each lambda
constexpr std::int64_t kMostEntries = 25'000'000;  ///< to be read, about
constexpr double kGap = 0.03;       ///< near enough to the optimum to judge, relative
constexpr double kMatters = 0.005;  ///< at most, of accuracy + F1 + AUC
/// The best lambda falls with this power of the documents. With the root of them where features are
/// few; in proportion (LIBLINEAR's C stays the same) where new documents bring new features.
constexpr double kFall = 0.75;
constexpr std::size_t kParts = 5;  ///< of the documents: one judges, the others are learnt from
constexpr std::int64_t kMostFolds = 15;
constexpr std::int64_t kLearnt = 1'000'000;  ///< entries of all divisions, about

/// Some documents to learn from and others to judge by.
struct Fold {
    std::vector<std::uint32_t> learn;
    std::vector<std::uint32_t> judge;
};

/// Every time a fifth judges. With many entries one division is enough; with few there are more,
/// which are as good as independent: each goes by another digit of the place, base 5.
std::vector<Fold> divide(const data::Rows& rows, std::span<const std::uint32_t> order) {
    const std::int64_t fit = kLearnt / std::max<std::int64_t>(1, rows.nonzeros());
    std::vector<Fold> folds(static_cast<std::size_t>(std::clamp<std::int64_t>(fit, 1, kMostFolds)));
    for (std::size_t f = 0; f < folds.size(); ++f) {
        const std::size_t unit = f < kParts ? 1 : f < 2 * kParts ? kParts : kParts * kParts;
        for (std::size_t k = 0; k < order.size(); ++k) {
            const bool judges = k / unit % kParts == f % kParts;
            (judges ? folds[f].judge : folds[f].learn).push_back(order[k]);
        }
    }
    std::erase_if(folds, [](const Fold& fold) { return fold.judge.empty() || fold.learn.empty(); });
    return folds;
}

/// How good a model is on the documents that judge it.
struct Judgement {
    double merit = 0.0;  ///< accuracy + F1 + AUC; what is not defined counts nothing
    std::vector<model::LabelledScore> scores;
};

Judgement judge(const model::LinearModel<data::Numbering::training>& model,
                const data::NumberedRows<data::Numbering::training>& rows) {
    Judgement found;
    model::Tally tally;
    model::evaluate(model, rows, tally, &found.scores);
    std::ranges::sort(found.scores, std::ranges::greater{}, &model::LabelledScore::score);
    const model::Metrics metrics = model::metrics_of(model, tally);
    for (const double measure :
         {metrics.accuracy, metrics.f1, model::sum_ranking(found.scores).auc()}) {
        if (std::isfinite(measure)) found.merit += measure;
    }
    return found;
}

/// |x|^2.
double squares(data::SparseRow x) {
    double sum = 0.0;
    for (const float v : x.value) sum += static_cast<double>(v) * static_cast<double>(v);
    return sum;
}

/// Plain dual coordinate ascent (Hsieh et al. 2008, algorithm 1) on one fold, along the path.
template <class Loss>
class Path {
public:
    Path(const model::Objective& objective, const data::Rows& rows, Fold fold)
        : rows_(rows),
          learn_(std::move(fold.learn)),
          model_{objective, std::vector<double>(objective.shape.size(), 0.0)},
          a_(learn_.size(), 0.0) {
        for (const std::uint32_t i : learn_) {
            squares_.push_back(squares(rows.row(i)) + (objective.bias ? 1.0 : 0.0));
            entries_ += std::ssize(rows.row(i).value);
        }
        for (const std::uint32_t i : fold.judge) {
            judges_.append(rows.row(i), rows.label(i), rows.weight(i));
        }
    }

    /// Of the documents judged by, after some passes.
    /// @param lambda   below the one before. @param entries  counts those that were read.
    Judgement judge_at(double lambda, std::int64_t& entries) {
        // the same weights, with the variables that they have at this lambda
        for (double& a : a_) a *= lambda / model_.objective.lambda;
        model_.objective.lambda = lambda;
        bool near = false;
        for (int pass = 0; pass < kMostPasses && !near; ++pass) {
            near = visit_all();
            entries += entries_;
        }
        return judge(model_, judges_);
    }

private:
    /// @return whether the optimum is near.
    bool visit_all() {
        const model::Objective& objective = model_.objective;
        const double lambda_n = objective.lambda * static_cast<double>(learn_.size());
        const std::span<double> w(model_.weights);
        double gap = 0.0;
        double loss = 0.0;
        for (std::size_t k = 0; k < learn_.size(); ++k) {
            const data::SparseRow x = rows_.row(learn_[k]);
            const int y = rows_.label(learn_[k]);
            const double c =
                objective.step_weights.of(y) * static_cast<double>(rows_.weight(learn_[k]));
            double& b = w[objective.shape.bias()];
            const double m = y * (model::dot(std::span<const double>(w), x) + b);
            gap += c * model::DualLoss<Loss>::gap(m, a_[k]);
            loss += c * Loss::value(m);
            const double next = model::DualLoss<Loss>::step(m, a_[k], lambda_n / (c * squares_[k]));
            const double change = y * c * (next - a_[k]) / lambda_n;
            a_[k] = next;
            if (change == 0.0) continue;
            for (std::size_t j = 0; j < x.size(); ++j) {
                w[x.index[j]] += change * static_cast<double>(x.value[j]);
            }
            if (objective.bias) b += change;
        }
        double norm2 = 0.0;
        for (const double v : w) norm2 += v * v;
        return gap <= kGap * (loss + 0.5 * lambda_n * norm2);
    }

    const data::Rows& rows_;
    std::vector<std::uint32_t> learn_;
    model::LinearModel<data::Numbering::training> model_;
    std::vector<double> a_;
    std::int64_t entries_ = 0;     ///< of the documents learnt from
    std::vector<double> squares_;  ///< |x|^2, bias included
    data::NumberedRows<data::Numbering::training> judges_;
};

/// A number of two digits, which users can repeat.
double rounded(double x) { return std::stod(fmt::format("{:.2g}", x)); }

/// Where the parabola through the best value and its neighbours is highest: they are noisy, and far
/// apart. @param best  place of the best value.
double top(const std::vector<double>& values, std::size_t best) {
    const auto at = static_cast<double>(best);
    if (best == 0 || best + 1 == values.size()) return at;
    const double before = values[best] - values[best - 1];
    const double after = values[best] - values[best + 1];
    if (!(before + after > 0.0)) return at;
    return at + std::clamp(0.5 * (before - after) / (before + after), -0.5, 0.5);
}

/// What is no better, in the sum over the folds, by half a document of the smaller class is no
/// better: a larger lambda is less work, and F1 is coarse.
double least_gain(const data::Rows& rows, std::span<const Fold> folds) {
    std::int64_t rarer = 0;  // documents judged by, of the smaller class
    for (const Fold& fold : folds) {
        const auto positives =
            std::ranges::count_if(fold.judge, [&](std::uint32_t i) { return rows.label(i) > 0; });
        rarer += std::min(positives, std::ssize(fold.judge) - positives);
    }
    const auto n = static_cast<double>(folds.size());
    return n * std::min(kMatters, 0.5 * n / static_cast<double>(std::max<std::int64_t>(1, rarer)));
}

/// Of all folds at one lambda. The first kParts of them judge by each document once.
template <class Loss>
Judgement judge_all(std::vector<Path<Loss>>& paths, double lambda, std::int64_t& entries) {
    Judgement all;
    for (std::size_t f = 0; f < paths.size(); ++f) {
        const Judgement one = paths[f].judge_at(lambda, entries);
        all.merit += one.merit;
        if (f < kParts) all.scores.insert(all.scores.end(), one.scores.begin(), one.scores.end());
    }
    return all;
}

/// The best lambda for one document: it falls with their number to the power of kFall.
/// @param scale  mean |x|^2.
template <class Loss>
LambdaChoice best_lambda(const model::Objective& objective, const data::Rows& rows,
                         std::span<const std::uint32_t> order, double scale) {
    std::vector<Fold> folds = divide(rows, order);
    const double matters = least_gain(rows, folds);
    const auto learnt = static_cast<double>(folds.back().learn.size());
    const double least = scale / (kMostPerWeight * learnt);
    std::vector<Path<Loss>> paths;
    for (Fold& fold : folds) paths.emplace_back(objective, rows, std::move(fold));
    LambdaChoice chosen;
    std::vector<double> sums;
    std::size_t best = 0;
    double lambda = kLargest * scale;
    std::int64_t entries = 0;
    for (; lambda >= least && sums.size() <= best + kPatience && entries < kMostEntries;
         lambda /= kStep) {
        Judgement found = judge_all(paths, lambda, entries);
        sums.push_back(found.merit);
        const bool better = sums.back() > sums[best] + matters;
        if (better) best = sums.size() - 1;
        if (better || sums.size() == 1) chosen.scores = std::move(found.scores);
    }
    chosen.lambda = kLargest * scale * std::pow(kStep, -top(sums, best)) * std::pow(learnt, kFall);
    return chosen;
}

/// Mean |x|^2 over the documents.
double mean_squares(const data::Rows& rows, std::span<const std::uint32_t> order) {
    double sum = 0.0;
    for (const std::uint32_t i : order) sum += squares(rows.row(i));
    return sum / static_cast<double>(order.size());
}

}  // namespace

LambdaChoice choose_lambda(const model::Objective& all_features, data::Rows rows,
                           std::span<const std::uint32_t> order, std::int64_t training_documents) {
    order = order.first(std::min(order.size(), static_cast<std::size_t>(kLambdaDocuments)));
    model::Objective objective = compact(all_features, rows);
    objective.lambda = 1.0;
    const double scale = mean_squares(rows, order);
    constexpr double kDefault = 1e-4;
    if (order.size() < 2 || !(scale > 0.0)) return {.lambda = kDefault, .scores = {}};
    LambdaChoice chosen = model::with_loss(objective.loss, [&]<class Loss>(Loss) {
        return best_lambda<Loss>(objective, rows, order, scale);
    });
    chosen.lambda =
        rounded(chosen.lambda / std::pow(static_cast<double>(training_documents), kFall));
    return chosen;
}

}  // namespace hogwild::train
