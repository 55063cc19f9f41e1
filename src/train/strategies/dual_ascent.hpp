#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "model/document_kernels.hpp"
#include "model/dual_loss.hpp"
#include "train/context.hpp"
#include "train/engine.hpp"
#include "train/sampling/due_documents.hpp"
#include "train/weights/dual_weights.hpp"

namespace hogwild::train {

/// What coordinate ascent keeps of a document.
struct DualVariable {
    double a = 0.0;        ///< in [0, DualLoss::kLargest]
    double squares = 0.0;  ///< |x|^2, without the bias; 0 before the first visit
};

/// PASSCoDe: asynchronous dual coordinate ascent on shared weights (Hsieh, Yu, Dhillon 2015,
/// arXiv:1504.01365, algorithm 2). With C_i the relative weight of document i, what is solved is
///
///     max over a   1/n sum_i -C_i phi*(-a_i)  -  lambda/2 (|w|^2 + S^2),
///     w = sum_i C_i a_i y_i x_i / (lambda n),   S = sum_i C_i a_i y_i / (lambda n).
///
/// The bias is a feature that every document has: it would double |x|^2 and make all margins swing.
/// A multiplier instead (Bertsekas 1982, chapter 2): margins are taken with the bias
/// b = theta S + (1 - theta) c, and c moves to b eight times an epoch. Where it ends, S = c = b.
/// All ranks have one c: with a c of each rank's own the differences would take 1/theta moves to
/// vanish, and until then the ranks would work at different problems.
template <class Loss, class Real>
class DualAscent {
public:
    using Dual = model::DualLoss<Loss>;

    /// @param variables  of this rank's documents. Nothing is owned.
    DualAscent(const TrainingContext& context, DualView<Real> w, DueDocuments& due,
               std::span<DualVariable> variables)
        : w_(w),
          due_(due),
          variables_(variables),
          lambda_n_(context.objective.lambda * static_cast<double>(context.training_documents)),
          class_weight_{context.objective.step_weights.of(-1),
                        context.objective.step_weights.of(1)},
          theta_(context.bias_share()) {}

    template <class Batch>
    [[gnu::always_inline]] void operator()(const Batch& batch, const Step& /*no step size*/) {
        for (std::size_t k = 0; k < batch.size(); ++k) {
            visit(due_.document(batch.number(k)), batch.next(k));
        }
    }

    double weight(float y) const noexcept {
        return class_weight_[y > 0.0F ? 1 : 0] * static_cast<double>(std::abs(y));
    }
    /// Sum over the documents visited since the last call of their shares of the duality gap, as
    /// they were when they were visited: an estimate of the gap, too large, since those passed over
    /// count nothing and the others have been improved.
    double take_gap_estimate() noexcept { return std::exchange(gap_estimate_, 0.0); }
    /// Change, since the last call, of the sum over this rank's documents of -C_i phi*(-a_i).
    double take_gain() noexcept { return std::exchange(gain_, 0.0); }

    /// From now on moves can be shortened.
    void remember_moves() { remembers_ = true; }
    /// The change of the sum of take_gain() since the last call of shorten().
    double gain_of_moves() const noexcept { return gain_of_moves_; }
    /// Takes all moves since the last call back by a part of their way.
    /// @param gamma  what is left of it, in [0, 1].
    void shorten(double gamma) {
        for (const Move& move : moved_) {
            if (gamma == 1.0) break;
            double& a = variables_[move.document].a;
            const double next = move.before + gamma * (a - move.before);
            gain_ += move.weight * (Dual::value(next) - Dual::value(a));
            a = next;
        }
        moved_.clear();
        gain_of_moves_ = 0.0;
    }
    std::size_t moves() const noexcept { return moves_; }

private:
    struct Move {
        std::uint32_t document;
        double weight;  ///< C_i
        double before;
    };

    template <class Row>
    [[gnu::always_inline]] void visit(std::uint32_t document, const Row& x) noexcept {
        DualVariable& variable = variables_[document];
        if (variable.squares == 0.0)
            variable.squares = model::squares(x.hot) + model::squares(x.cold);
        const double a = variable.a;
        const double c = weight(x.y);
        const double m = static_cast<double>(x.sign()) * (w_.dot(x) + w_.bias());
        gap_estimate_ += c * Dual::gap(m, a);
        double next = Dual::step(m, a, lambda_n_ / (c * (variable.squares + theta_)));
        if (next == a) return due_.stayed(document);
        if (w_.damped()) {
            const double squares = w_.damped_squares(x) + theta_ * w_.damped_one();
            next = Dual::step(m, a, lambda_n_ / (c * squares));
        }
        const double gain = c * (Dual::value(next) - Dual::value(a));
        gain_ += gain;
        if (remembers_) {
            gain_of_moves_ += gain;
            moved_.push_back({document, c, a});
        }
        variable.a = next;
        w_.axpy(
            static_cast<Real>(static_cast<double>(x.y > 0.0F ? c : -c) * (next - a) / lambda_n_),
            x);
        due_.moved(document);
        ++moves_;
    }

    DualView<Real> w_;
    DueDocuments& due_;
    std::span<DualVariable> variables_;
    double lambda_n_;
    std::array<double, 2> class_weight_;
    double theta_;
    bool remembers_ = false;
    std::vector<Move> moved_;  ///< each document once: a round is no longer than an epoch
    double gain_of_moves_ = 0.0;
    double gap_estimate_ = 0.0;
    double gain_ = 0.0;
    std::size_t moves_ = 0;
};

}  // namespace hogwild::train
