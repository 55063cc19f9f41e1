#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "model/document_kernels.hpp"
#include "model/dual_loss.hpp"
#include "mpi/collectives.hpp"
#include "train/certificate.hpp"
#include "train/context.hpp"

namespace hogwild::train {

/// The root of a function that never falls, by the Illinois method, a regula falsi that halves the
/// value at an end which stays (Dowell and Jarratt 1971). Of a jump through 0, its place.
/// @param f       the same on all ranks if it communicates. @param start  where to look first.
/// @param enough  how far its integral may be from the least value, at most; 0: as near as doubles
///                make sense.
double find_root(const std::function<double(double)>& f, double start, double enough = 0.0);

/// Computes in double what certifies a model: w from the dual variables, so that nothing of what
/// concurrent updates lost or rounded is left in it, all margins, and the best bias for them.
template <class Loss, class Index>
class Certifier {
public:
    using Dual = model::DualLoss<Loss>;

    /// @param context  must outlive this; its rows are compact, with this type of index.
    Certifier(const TrainingContext& context, mpi::Communicator world)
        : context_(context),
          world_(world),
          n_(static_cast<double>(context.training_documents)),
          lambda_(context.objective.lambda) {}

    /// @param a       a(i) is the dual variable of row i of this rank, see DualVariable.
    /// @param weight  weight(y) is C_i of a document with the y of its record, see DualAscent.
    /// @note Collective over `world`.
    template <class Variable, class Weight>
    Certificate certify(const Variable& a, const Weight& weight) {
        dual_sum_ = total(sum_up(a, weight));
        take_scores(weight);
        double norm2 = 0.0;
        for (std::size_t u = 0; u < context_.objective.shape.features; ++u) {
            norm2 += weights_[u] * weights_[u];
        }
        const double dual = dual_sum_ / n_ - 0.5 * lambda_ * (norm2 + sum_ * sum_);
        const double bias = context_.objective.bias ? best_bias(dual) : 0.0;
        double loss = 0.0;
        for (const Scored& x : scored_) loss += std::abs(x.c) * Loss::value(x.margin(bias));
        weights_[context_.objective.shape.bias()] = bias;
        return {total(loss) / n_ + 0.5 * lambda_ * (norm2 + bias * bias), dual};
    }
    /// Of the last certificate: w and the best bias, on every rank.
    std::span<const double> weights() const noexcept { return weights_; }
    /// Of the last certificate: S, see DualAscent.
    double sum() const noexcept { return sum_; }
    /// Of the last certificate: the sum over all documents of -C phi*(-a).
    double dual_sum() const noexcept { return dual_sum_; }
    /// Of the last certificate: calls visit(i, C_i) for the rows of this rank.
    template <class Visit>
    void for_each_weight(const Visit& visit) const {
        for (std::size_t i = 0; i < scored_.size(); ++i) visit(i, std::abs(scored_[i].c));
    }
    /// Of the last certificate: the margin of a row of this rank.
    double margin(std::size_t i) const noexcept {
        return scored_[i].margin(weights_[context_.objective.shape.bias()]);
    }

private:
    using Row = typename model::CompactRows<Index>::Row;
    /// What is needed of a document once w is known. Apart from the records, which are as far from
    /// each other as they are long, since the best bias takes some 20 passes.
    struct Scored {
        double score;  ///< w . x
        double c;      ///< C_i with the sign of the label
        double margin(double bias) const noexcept { return std::copysign(1.0, c) * (score + bias); }
    };

    /// w = sum C a y x / (lambda n), and S in the place of the bias.
    /// @return the sum over this rank's documents of -C phi*(-a).
    template <class Variable, class Weight>
    double sum_up(const Variable& a, const Weight& weight) {
        const std::size_t bias = context_.objective.shape.bias();
        weights_.assign(context_.objective.shape.size(), 0.0);
        double dual_sum = 0.0;
        double s = 0.0;
        for_each_document([&](std::size_t i, const auto& row) {
            const double value = a(i);
            if (value == 0.0) return;
            const Row x = row();
            const double c = weight(x.y);
            dual_sum += c * Dual::value(value);
            const double step = (x.y > 0.0F ? c : -c) * value / (lambda_ * n_);
            model::private_axpy(std::span(weights_), step, x.hot);
            model::NoProbe probe;
            model::shared_axpy(std::span(weights_), step, x.cold, probe);
            s += step;
        });
        weights_[bias] = s;  // the padding of records has added 0 to some weight
        mpi::sum_in_rank_order(world_, weights_);
        sum_ = context_.objective.bias ? weights_[bias] : 0.0;
        weights_[bias] = 0.0;
        return dual_sum;
    }
    template <class Weight>
    void take_scores(const Weight& weight) {
        const std::span<const double> w(weights_);
        scored_.resize(static_cast<std::size_t>(context_.own_documents().size()));
        for_each_document([&](std::size_t i, const auto& row) {
            const Row x = row();
            scored_[i] = {model::private_dot(w, x.hot) + model::shared_dot(w, x.cold),
                          std::copysign(weight(x.y), static_cast<double>(x.y))};
        });
    }
    /// Calls visit(i, row) for all documents of this rank; row() is the document.
    template <class Visit>
    void for_each_document(const Visit& visit) const {
        context_.own_documents().for_each_part(
            [&](const model::TrainingRows& part, std::int64_t first) {
                const model::CompactRows<Index>& rows = part.compact<Index>();
                for (std::size_t i = 0; i < rows.size(); ++i) {
                    visit(static_cast<std::size_t>(first) + i, [&] { return rows.row(i); });
                }
            });
    }
    /// Minimises the objective over the bias, at these scores; as nearly as the gap that is asked
    /// for can tell. @param dual  below the minimum.
    double best_bias(double dual) const {
        constexpr double kPart = 1e-3;  // of the gap
        const auto slope = [&](double b) {
            double sum = 0.0;
            for (const Scored& x : scored_) sum += x.c * Loss::slope(x.margin(b));
            return lambda_ * b - total(sum) / n_;
        };
        return find_root(slope, sum_,
                         kPart * context_.dual.gap.value_or(0.0) * std::max(0.0, dual));
    }
    /// The sum over all ranks.
    double total(double own) const {
        double sum[] = {own};
        mpi::sum_in_rank_order(world_, sum);
        return sum[0];
    }

    const TrainingContext& context_;
    mpi::Communicator world_;
    double n_;
    double lambda_;
    std::vector<double> weights_;
    std::vector<Scored> scored_;  ///< this rank's rows
    double sum_ = 0.0;
    double dual_sum_ = 0.0;
};

}  // namespace hogwild::train
