#include "model/matrix_tally.hpp"

#include <algorithm>
#include <array>

namespace hogwild::model {
namespace {

/// The documents of a block against all outputs: first all as if labelled -1, in loops that
/// vectorise, then the few that are labelled +1.
template <class Loss>
class BlockTally {
public:
    template <data::Numbering kNumbering>
    BlockTally(const MatrixModel<kNumbering>& model, MatrixTally& tally)
        : n_(model.outputs.size()),
          threshold_(n_),
          is_label_(n_),
          above_(n_),
          above_weight_(n_),
          loss_(n_),
          positive_(n_),
          tally_(tally) {
        std::ranges::transform(model.outputs, threshold_.begin(), &Output::threshold);
    }

    void add(std::span<const float> z, std::span<const std::uint16_t> labels, double weight) {
        ++documents_;
        weight_ += weight;
        std::int64_t predicted = 0;
        for (std::size_t o = 0; o < n_; ++o) {
            const auto score = static_cast<double>(z[o]);
            const bool above = predicts_positive(score, threshold_[o]);
            predicted += above ? 1 : 0;
            above_[o] += above ? 1 : 0;
            above_weight_[o] += above ? weight : 0.0;
            loss_[o] += weight * Loss::value(-score);
        }
        std::int64_t hits = 0;
        for (const std::uint16_t o : labels) hits += add_positive(o, z[o], weight);
        add_order(z, labels, weight, predicted == hits && hits == std::ssize(labels));
    }
    /// @param penalty  of each output, see Tally::Weighted; each document's own, already weighted.
    void add_penalties(std::span<const double> penalty, std::span<const std::uint16_t> labels) {
        for (std::size_t o = 0; o < n_; ++o) tally_.outputs()[o].all.penalty += penalty[o];
        for (const std::uint16_t o : labels) positive_[o].penalty += penalty[o];
    }
    /// Adds what was counted to the tally.
    void finish() {
        for (std::size_t o = 0; o < n_; ++o) {
            Tally& t = tally_.outputs()[o];
            const Positives& p = positive_[o];
            t.positives += p.documents;
            t.negatives += documents_ - p.documents;
            t.correct_positives += p.above;
            t.correct_negatives += documents_ - p.documents - (above_[o] - p.above);
            t.predicted_positives += above_[o];
            t.predicted_negatives += documents_ - above_[o];
            t.all += {weight_, above_weight_[o], weight_ - above_weight_[o], loss_[o], 0.0};
            t.positive += {p.weight, p.above_weight, p.weight - p.above_weight, p.loss, p.penalty};
        }
    }

private:
    struct Positives {
        std::int64_t documents = 0;
        std::int64_t above = 0;
        double weight = 0.0;
        double above_weight = 0.0;
        double loss = 0.0;
        double penalty = 0.0;
    };

    /// @return 1 if the document is predicted +1, else 0.
    std::int64_t add_positive(std::uint16_t o, float z, double weight) {
        const auto score = static_cast<double>(z);
        const bool above = predicts_positive(score, threshold_[o]);
        const double loss = weight * Loss::value(score);
        loss_[o] += loss - weight * Loss::value(-score);
        Positives& p = positive_[o];
        ++p.documents;
        p.above += above ? 1 : 0;
        p.weight += weight;
        p.above_weight += above ? weight : 0.0;
        p.loss += loss;
        return above ? 1 : 0;
    }
    void add_order(std::span<const float> z, std::span<const std::uint16_t> labels, double weight,
                   bool exact) {
        LabelOrder& sums = tally_.order();
        if (exact) sums.exact += weight;
        if (labels.empty()) return;
        const std::span<const float> scores = z.first(n_);
        float lowest = scores[labels.front()];
        for (const std::uint16_t o : labels) lowest = std::min(lowest, scores[o]);
        const auto at_least = [&](float score) {
            return std::ranges::count_if(scores, [score](float other) { return other >= score; });
        };
        const auto best =
            static_cast<std::size_t>(std::ranges::max_element(scores) - scores.begin());
        const double best_is_label = std::ranges::find(labels, best) != labels.end() ? weight : 0.0;
        sums.labelled += weight;
        sums.coverage += weight * static_cast<double>(at_least(lowest));
        sums.best_is_label += best_is_label;
        if (labels.size() == 1) {
            sums.single += weight;
            sums.best_of_single += best_is_label;
        }
        if (labels.size() == n_) return;
        for (const std::uint16_t o : labels) is_label_[o] = 1;
        std::int64_t wrong = 0;
        for (const std::uint16_t label : labels) {
            for (std::size_t o = 0; o < n_; ++o) {
                wrong += is_label_[o] == 0 && scores[o] >= scores[label] ? 1 : 0;
            }
        }
        for (const std::uint16_t o : labels) is_label_[o] = 0;
        sums.ordered += weight;
        sums.ranking_loss += weight * static_cast<double>(wrong) /
                             static_cast<double>(labels.size() * (n_ - labels.size()));
    }

    std::size_t n_;
    std::vector<double> threshold_;
    std::vector<char> is_label_;  ///< of the present document
    std::vector<std::int64_t> above_;
    std::vector<double> above_weight_;
    std::vector<double> loss_;
    std::vector<Positives> positive_;
    std::int64_t documents_ = 0;
    double weight_ = 0.0;
    MatrixTally& tally_;
};

bool counts_by_document(Regularizer regularizer) {
    return regularizer != Regularizer::l2 && regularizer != Regularizer::none;
}

/// The regularizer's terms of one document, lambda left out, times `weight`; see penalty() of one
/// output. Slow.
template <data::Numbering kNumbering>
void take_penalties(const MatrixModel<kNumbering>& model, data::SparseRow x, double weight,
                    std::vector<double>& out) {
    const Objective& objective = model.objective;
    const Regularizer kind = objective.regularizer;
    const auto term = [&](std::size_t input, std::size_t o) {
        const auto w = static_cast<double>(model.weights[input * model.stride() + o]);
        if (kind == Regularizer::scalar) return w;
        return kind == Regularizer::hogwild ? w * w * objective.inverse_degree[input] : w * w;
    };
    out.assign(model.outputs.size(), 0.0);
    for (std::size_t o = 0; o < out.size(); ++o) {
        for (const std::uint32_t u : x.index) out[o] += term(u, o);
        if (objective.bias) out[o] += term(objective.shape.features, o);
        if (kind == Regularizer::hogwild) continue;  // in which no document counts
        if (kind == Regularizer::scalar) out[o] *= out[o];
        out[o] *= weight * objective.inverse_length(x);
    }
}

}  // namespace

std::vector<double> MatrixTally::pack() const {
    std::vector<double> numbers{order_.labelled, order_.exact,         order_.coverage,
                                order_.ordered,  order_.ranking_loss,  order_.best_is_label,
                                order_.single,   order_.best_of_single};
    for (const Tally& tally : outputs_) {
        const auto packed = tally.pack();
        numbers.insert(numbers.end(), packed.begin(), packed.end());
    }
    return numbers;
}

MatrixTally MatrixTally::unpack(std::span<const double> n) {
    constexpr std::size_t kFirst = LabelOrder::kNumbers;
    MatrixTally tally((n.size() - kFirst) / Tally::kNumbers);
    tally.order_ = {n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7]};
    for (std::size_t o = 0; o < tally.outputs_.size(); ++o) {
        tally.outputs_[o] = Tally::unpack(std::span<const double, Tally::kNumbers>(
            n.subspan(kFirst + o * Tally::kNumbers, Tally::kNumbers)));
    }
    return tally;
}

template <data::Numbering kNumbering>
void evaluate(const MatrixModel<kNumbering>& model, const data::NumberedRows<kNumbering>& rows,
              const data::LabelSets& labels, std::int64_t first, MatrixTally& tally,
              ScoreTable* table) {
    MatrixFloats z(model.stride());
    std::vector<double> penalty;  // of the present document
    with_loss(model.objective.loss, [&]<class Loss>(Loss) {
        BlockTally<Loss> block(model, tally);
        for (std::int64_t i = 0; i < rows.size(); ++i) {
            const auto labels_of = labels.of(first + i);
            model.scores(rows.row(i), z);
            const auto weight = static_cast<double>(rows.weight(i));
            block.add(z, labels_of, weight);
            if (counts_by_document(model.objective.regularizer)) {
                take_penalties(model, rows.row(i), weight, penalty);
                block.add_penalties(penalty, labels_of);
            }
            if (table == nullptr) continue;
            table->scores.insert(table->scores.end(), z.begin(),
                                 z.begin() + std::ssize(model.outputs));
            table->labels.append(labels_of);
            table->weights.push_back(rows.weight(i));
        }
        block.finish();
    });
}

using data::Numbering;
template void evaluate(const MatrixModel<Numbering::listed>&,
                       const data::NumberedRows<Numbering::listed>&, const data::LabelSets&,
                       std::int64_t, MatrixTally&, ScoreTable*);
template void evaluate(const MatrixModel<Numbering::training>&,
                       const data::NumberedRows<Numbering::training>&, const data::LabelSets&,
                       std::int64_t, MatrixTally&, ScoreTable*);

}  // namespace hogwild::model
