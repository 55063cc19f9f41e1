#include "train/model_certificate.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "data/permutation.hpp"
#include "model/document_kernels.hpp"
#include "model/dual_loss.hpp"

namespace hogwild::train {
namespace {

constexpr int kMostDualPasses = 20;
constexpr double kEnough = 1e-4;   ///< a relative gap that needs no improvement
constexpr double kWorthIt = 0.05;  ///< of the gap: what a pass must close if another is to follow

/// Documents in the layouts of TrainingRows, as this file reads them.
class PlainDocuments {
public:
    explicit PlainDocuments(const data::Rows& rows) : rows_(rows) {}
    std::size_t size() const { return static_cast<std::size_t>(rows_.size()); }
    /// The document's weight with the sign of its label.
    double y(std::size_t i) const {
        const auto k = static_cast<std::int64_t>(i);
        return rows_.label(k) * static_cast<double>(rows_.weight(k));
    }
    double dot(std::span<const double> w, std::size_t i) const { return model::dot(w, row(i)); }
    void add(double a, std::size_t i, std::span<double> w) const {
        const data::SparseRow x = row(i);
        for (std::size_t k = 0; k < x.size(); ++k) {
            w[x.index[k]] += a * static_cast<double>(x.value[k]);
        }
    }
    double squares(std::size_t i) const { return model::squares(row(i)); }

private:
    data::SparseRow row(std::size_t i) const { return rows_.row(static_cast<std::int64_t>(i)); }
    const data::Rows& rows_;
};

template <class Index>
class CompactDocuments {
public:
    explicit CompactDocuments(const model::CompactRows<Index>& rows) : rows_(rows) {}
    std::size_t size() const { return rows_.size(); }
    double y(std::size_t i) const { return static_cast<double>(rows_.row(i).y); }
    double dot(std::span<const double> w, std::size_t i) const {
        const auto x = rows_.row(i);
        return model::private_dot(w, x.hot) + model::shared_dot(w, x.cold);
    }
    void add(double a, std::size_t i, std::span<double> w) const {
        const auto x = rows_.row(i);
        model::NoProbe probe;
        model::private_axpy(w, a, x.hot);
        model::shared_axpy(w, a, x.cold, probe);
    }
    double squares(std::size_t i) const {
        const auto x = rows_.row(i);
        return model::squares(x.hot) + model::squares(x.cold);
    }

private:
    const model::CompactRows<Index>& rows_;
};

/// A dual value for the documents of all ranks, which passes of coordinate ascent raise. The bias
/// is a feature of value 1.
template <class Loss, class Documents>
class DualOfModel {
public:
    using Dual = model::DualLoss<Loss>;

    DualOfModel(const model::Objective& objective, const Documents& documents, double n,
                mpi::Communicator world)
        : objective_(objective),
          documents_(documents),
          n_(n),
          lambda_n_(n * objective.lambda),
          world_(world),
          a_(documents.size()),
          w_(objective.shape.size()) {
        c_.reserve(a_.size());
        for (std::size_t i = 0; i < a_.size(); ++i) {
            const double y = documents.y(i);
            c_.push_back(objective.step_weights.of(y > 0.0 ? 1 : -1) * y);
        }
    }

    /// The variables that follow from a model's margins. @return the model's objective.
    double start(std::span<const double> model) {
        double loss[] = {0.0};
        std::vector<double> changes(w_.size());
        for (std::size_t i = 0; i < a_.size(); ++i) {
            const double m = margin(model, i);
            loss[0] += std::abs(c_[i]) * Loss::value(m);
            move(i, std::min(Loss::slope(m), Dual::kLargest), changes);
        }
        mpi::sum_in_rank_order(world_, loss);
        settle(std::vector<double>(a_.size()), std::move(changes));
        return loss[0] / n_ + 0.5 * objective_.lambda * product(model, model);
    }
    /// One pass of every rank. @param number  of the pass: each has an order of its own.
    void pass(std::uint64_t number) {
        const data::Permutation order(static_cast<std::int64_t>(a_.size()), number);
        std::vector<double> before = a_;
        std::vector<double> w = w_;
        for (std::size_t k = 0; k < a_.size(); ++k) {
            const auto i = static_cast<std::size_t>(order(static_cast<std::int64_t>(k)));
            const double squares = documents_.squares(i) + (objective_.bias ? 1.0 : 0.0);
            const double q = lambda_n_ / (std::abs(c_[i]) * squares);
            move(i, Dual::step(margin(w, i), a_[i], q), w);
        }
        for (std::size_t u = 0; u < w.size(); ++u) w[u] -= w_[u];
        settle(std::move(before), std::move(w));
    }
    double value() const noexcept { return value_; }

private:
    double margin(std::span<const double> w, std::size_t i) const {
        const double bias = objective_.bias ? w[objective_.shape.bias()] : 0.0;
        return std::copysign(1.0, c_[i]) * (documents_.dot(w, i) + bias);
    }
    void move(std::size_t i, double a, std::span<double> w) {
        if (a == a_[i]) return;
        const double change = c_[i] * (a - a_[i]) / lambda_n_;
        a_[i] = a;
        documents_.add(change, i, w);
        if (objective_.bias) w[objective_.shape.bias()] += change;
    }
    /// Goes 1, 1/2, 1/4, ... of the way that the variables have moved, whichever is best: together
    /// the ranks can have gone too far. The value is concave, so that 1/ranks of it cannot be worse
    /// than nothing; where rounding or overflow make it so, nothing has moved.
    /// @param before  the variables then. @param changes  what this rank has added to w since.
    void settle(std::vector<double> before, std::vector<double> changes) {
        mpi::sum_in_rank_order(world_, changes);
        const double squares[] = {product(w_, w_), product(w_, changes), product(changes, changes)};
        const auto value_at = [&](double share) {
            double sum[] = {0.0};
            for (std::size_t i = 0; i < a_.size(); ++i) {
                sum[0] += std::abs(c_[i]) * Dual::value(before[i] + share * (a_[i] - before[i]));
            }
            mpi::sum_in_rank_order(world_, sum);
            return sum[0] / n_ - 0.5 * objective_.lambda *
                                     (squares[0] + share * (2.0 * squares[1] + share * squares[2]));
        };
        double share = 1.0;
        double best = value_at(share);
        for (double less = 0.5; less > kLeastShare; less *= 0.5) {
            const double value = value_at(less);
            if (value <= best) break;
            best = value;
            share = less;
        }
        if (!(best > value_)) {
            a_ = std::move(before);
            return;
        }
        value_ = best;
        for (std::size_t i = 0; i < a_.size(); ++i) {
            a_[i] = before[i] + share * (a_[i] - before[i]);
        }
        for (std::size_t u = 0; u < w_.size(); ++u) w_[u] += share * changes[u];
    }
    static double product(std::span<const double> v, std::span<const double> w) {
        return std::inner_product(v.begin(), v.end(), w.begin(), 0.0);
    }

    static constexpr double kLeastShare = 1e-30;
    const model::Objective& objective_;
    const Documents& documents_;
    double n_;
    double lambda_n_;
    mpi::Communicator world_;
    std::vector<double> c_;  ///< of this rank's documents: C with the sign of the label
    std::vector<double> a_;  ///< their dual variables
    std::vector<double> w_;  ///< w(a) of all ranks' documents, in the last place S
    double value_ = 0.0;     ///< of these variables; never falls
};

template <class Loss, class Documents>
Certificate certify(const model::LinearModel<data::Numbering::training>& model,
                    const Documents& documents, double n, mpi::Communicator world) {
    DualOfModel<Loss, Documents> dual(model.objective, documents, n, world);
    Certificate found;
    found.primal = dual.start(model.weights);
    found.dual = dual.value();
    for (int pass = 0; pass < kMostDualPasses && found.relative_gap() > kEnough; ++pass) {
        dual.pass(static_cast<std::uint64_t>(pass));
        const double gap = found.primal - found.dual;
        const double gain = dual.value() - found.dual;
        found.dual = dual.value();
        if (gain < kWorthIt * gap) break;
    }
    return found;
}

}  // namespace

Certificate certify_model(const model::LinearModel<data::Numbering::training>& model,
                          const model::TrainingRows& rows, std::int64_t training_documents,
                          mpi::Communicator world) {
    using Layout = model::TrainingRows::Layout;
    const auto n = static_cast<double>(training_documents);
    return model::with_loss(model.objective.loss, [&]<class Loss>(Loss) {
        if (rows.layout() == Layout::plain) {
            return certify<Loss>(model, PlainDocuments(rows.plain()), n, world);
        }
        if (rows.layout() == Layout::narrow) {
            const CompactDocuments documents(rows.compact<std::uint16_t>());
            return certify<Loss>(model, documents, n, world);
        }
        const CompactDocuments documents(rows.compact<std::uint32_t>());
        return certify<Loss>(model, documents, n, world);
    });
}

}  // namespace hogwild::train
