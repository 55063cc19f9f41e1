#include "train/lambda_trial.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "data/feature_set.hpp"
#include "model/document_kernels.hpp"
#include "model/dual_loss.hpp"
#include "model/measures.hpp"

namespace hogwild::train {
namespace {

constexpr double kStep = 4.0;                      ///< between lambdas
constexpr double kLargest = 0.1;                   ///< times mean |x|^2
constexpr double kMostPerWeight = 100;             ///< of mean |x|^2 / (lambda n)
constexpr int kMostPassesEach = 8;                 ///< for each lambda
constexpr std::int64_t kLeastPasses = 2;           ///< after those to the best lambda
constexpr std::int64_t kMostEntries = 25'000'000;  ///< to be read, about
constexpr double kGap = 0.03;       ///< near enough to the optimum to judge, relative
constexpr double kMatters = 0.005;  ///< at most, of accuracy + F1 + AUC
/// The best lambda falls with this power of the documents. With the root of them where features are
/// few; in proportion (LIBLINEAR's C stays the same) where new documents bring new features.
constexpr double kFall = 0.75;
constexpr std::size_t kParts = 5;  ///< of the documents: one judges, the others are learnt from
constexpr std::int64_t kMostFolds = 15;
constexpr std::int64_t kLearnt = 1'000'000;  ///< entries of all divisions, about

/// In the order of the trial; with numbers for the features that occur, all of which are hot.
using Documents = model::CompactRows<std::uint32_t>;

Documents take_documents(const data::Rows& rows, std::span<const std::uint32_t> order,
                         const data::FeatureSet& occurring) {
    Documents documents(occurring.size());
    documents.reserve(std::ssize(order), rows.nonzeros());
    std::vector<std::uint32_t> index;
    for (const std::uint32_t i : order) {
        const data::SparseRow x = rows.row(i);
        index.assign(x.index.begin(), x.index.end());
        occurring.number(index);
        documents.append({index, x.value}, rows.label(i), rows.weight(i));
    }
    return documents;
}

/// Some documents to learn from and others to judge by; both ascending.
struct Fold {
    std::vector<std::uint32_t> learn;
    std::vector<std::uint32_t> judge;
};

/// Every time a fifth judges. With many entries one division is enough; with few there are more,
/// which are as good as independent: each goes by another digit of the place, base 5.
std::vector<Fold> divide(const Documents& documents) {
    const std::int64_t fit = kLearnt / std::max<std::int64_t>(1, documents.nonzeros());
    std::vector<Fold> folds(static_cast<std::size_t>(std::clamp<std::int64_t>(fit, 1, kMostFolds)));
    for (std::size_t f = 0; f < folds.size(); ++f) {
        const std::size_t unit = f < kParts ? 1 : f < 2 * kParts ? kParts : kParts * kParts;
        for (std::uint32_t k = 0; k < documents.size(); ++k) {
            const bool judges = k / unit % kParts == f % kParts;
            (judges ? folds[f].judge : folds[f].learn).push_back(k);
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

Judgement judge(std::vector<model::LabelledScore> scores) {
    model::Confusion seen;  // documents count by their weights
    for (const model::LabelledScore& s : scores) {
        const bool above = model::predicts_positive(s.score, 0.0);
        double& count = s.positive ? (above ? seen.true_positives : seen.false_negatives)
                                   : (above ? seen.false_positives : seen.true_negatives);
        count += static_cast<double>(s.weight);
    }
    std::ranges::sort(scores, std::ranges::greater{}, &model::LabelledScore::score);
    Judgement found;
    for (const double measure :
         {seen.accuracy().value, seen.f1().value, model::sum_ranking(scores).auc()}) {
        if (std::isfinite(measure)) found.merit += measure;
    }
    found.scores = std::move(scores);
    return found;
}

/// Plain dual coordinate ascent (Hsieh et al. 2008, algorithm 1) on one fold, along the path.
template <class Loss>
class Path {
public:
    /// @param objective  for `documents`, which the path refers to.
    Path(const model::Objective& objective, const Documents& documents, Fold fold)
        : objective_(objective),
          documents_(documents),
          fold_(std::move(fold)),
          w_(objective.shape.size(), 0.0),
          a_(fold_.learn.size(), 0.0) {
        for (const std::uint32_t i : fold_.learn) {
            const Documents::Row x = documents.row(i);
            squares_.push_back(model::squares(x.hot) + (objective.bias ? 1.0 : 0.0));
            entries_ += std::ssize(x.hot.value);
        }
    }

    /// Of the documents judged by, after some passes.
    /// @param lambda   below the one before. @param entries  counts those that were read.
    Judgement judge_at(double lambda, std::int64_t& entries) {
        // the same weights, with the variables that they have at this lambda
        for (double& a : a_) a *= lambda / objective_.lambda;
        objective_.lambda = lambda;
        bool near = false;
        for (int pass = 0; pass < kMostPassesEach && !near; ++pass) {
            near = visit_all();
            entries += entries_;
        }
        std::vector<model::LabelledScore> scores;
        for (const std::uint32_t i : fold_.judge) {
            const Documents::Row x = documents_.row(i);
            scores.push_back({score(x), std::abs(x.y), x.y > 0.0F});
        }
        return judge(std::move(scores));
    }
    /// Entries of the documents learnt from, which a pass reads.
    std::int64_t entries() const noexcept { return entries_; }

private:
    double score(const Documents::Row& x) const {
        return model::private_dot(std::span<const double>(w_), x.hot) + w_[objective_.shape.bias()];
    }
    /// @return whether the optimum is near.
    bool visit_all() {
        const double lambda_n = objective_.lambda * static_cast<double>(a_.size());
        double gap = 0.0;
        double loss = 0.0;
        for (std::size_t k = 0; k < a_.size(); ++k) {
            const Documents::Row x = documents_.row(fold_.learn[k]);
            const auto y = static_cast<double>(x.sign());
            const double c = objective_.step_weights.of(x.y > 0.0F ? 1 : -1) *
                             static_cast<double>(std::abs(x.y));
            const double m = y * score(x);
            gap += c * model::DualLoss<Loss>::gap(m, a_[k]);
            loss += c * Loss::value(m);
            const double next = model::DualLoss<Loss>::step(m, a_[k], lambda_n / (c * squares_[k]));
            const double change = y * c * (next - a_[k]) / lambda_n;
            a_[k] = next;
            if (change == 0.0) continue;
            model::private_axpy(std::span<double>(w_), change, x.hot);
            if (objective_.bias) w_[objective_.shape.bias()] += change;
        }
        double norm2 = 0.0;
        for (const double v : w_) norm2 += v * v;
        return gap <= kGap * (loss + 0.5 * lambda_n * norm2);
    }

    model::Objective objective_;
    const Documents& documents_;
    Fold fold_;
    std::vector<double> w_;
    std::vector<double> a_;        ///< of the documents learnt from
    std::vector<double> squares_;  ///< |x|^2, bias included
    std::int64_t entries_ = 0;
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
double least_gain(const Documents& documents, std::span<const Fold> folds) {
    std::int64_t rarer = 0;  // documents judged by, of the smaller class
    for (const Fold& fold : folds) {
        const auto positives = std::ranges::count_if(
            fold.judge, [&](std::uint32_t i) { return documents.row(i).y > 0.0F; });
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

/// The best lambda for one document: it falls with their number to the power of kFall. The path
/// ends when it has gone on without gain for as many entries as it took to the best value: the
/// lambdas at which nothing is predicted +1 yet need few passes, those that are too small many.
/// @param scale  mean |x|^2.
template <class Loss>
LambdaChoice best_lambda(const model::Objective& objective, const Documents& documents,
                         double scale) {
    std::vector<Fold> folds = divide(documents);
    const double matters = least_gain(documents, folds);
    const auto learnt = static_cast<double>(folds.back().learn.size());
    const double least = scale / (kMostPerWeight * learnt);
    std::vector<Path<Loss>> paths;
    std::int64_t least_entries = 0;
    for (Fold& fold : folds) {
        paths.emplace_back(objective, documents, std::move(fold));
        least_entries += kLeastPasses * paths.back().entries();
    }
    // long documents too are to be tried at a few lambdas
    const std::int64_t most_entries = std::max(kMostEntries, 7 * least_entries);
    LambdaChoice chosen;
    std::vector<double> sums;
    std::size_t best = 0;
    std::int64_t entries = 0;
    std::int64_t entries_to_best = 0;
    for (double lambda = kLargest * scale;
         lambda >= least && entries <= 2 * entries_to_best + least_entries &&
         entries < most_entries;
         lambda /= kStep) {
        Judgement found = judge_all(paths, lambda, entries);
        sums.push_back(found.merit);
        if (sums.size() > 1 && sums.back() <= sums[best] + matters) continue;
        best = sums.size() - 1;
        entries_to_best = entries;
        chosen.scores = std::move(found.scores);
    }
    chosen.lambda = kLargest * scale * std::pow(kStep, -top(sums, best)) * std::pow(learnt, kFall);
    return chosen;
}

/// Mean |x|^2 over the documents.
double mean_squares(const Documents& documents) {
    double sum = 0.0;
    for (std::size_t i = 0; i < documents.size(); ++i) sum += model::squares(documents.row(i).hot);
    return sum / static_cast<double>(documents.size());
}

}  // namespace

std::int64_t lambda_documents(double length, std::int64_t features) {
    constexpr double kEntries = 2e6;
    constexpr double kPerFeature = 20;
    const double most = std::clamp(kPerFeature * static_cast<double>(features), 12e3, 100e3);
    return std::llround(std::clamp(kEntries / std::max(1.0, length), 12e3, most));
}

LambdaChoice choose_lambda(const model::Objective& all_features, const data::Rows& rows,
                           std::span<const std::uint32_t> order, std::int64_t training_documents) {
    const auto occurring = data::FeatureSet::of(rows.index());
    const Documents documents = take_documents(rows, order, occurring);
    const double scale = mean_squares(documents);
    constexpr double kDefault = 1e-4;
    if (order.size() < 2 || !(scale > 0.0)) return {.lambda = kDefault, .scores = {}};
    model::Objective objective = all_features;
    objective.shape.features = occurring.size();
    objective.inverse_degree.clear();  // of other regularizers
    objective.lambda = 1.0;
    LambdaChoice chosen = model::with_loss(objective.loss, [&]<class Loss>(Loss) {
        return best_lambda<Loss>(objective, documents, scale);
    });
    chosen.lambda =
        rounded(chosen.lambda / std::pow(static_cast<double>(training_documents), kFall));
    return chosen;
}

}  // namespace hogwild::train
