#include "train/model_certificate.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "data/permutation.hpp"
#include "model/document_kernels.hpp"
#include "model/dual_loss.hpp"

namespace hogwild::train {
namespace {

constexpr int kMostPasses = 20;
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
class DualAscentForModel {
public:
    using Dual = model::DualLoss<Loss>;

    DualAscentForModel(const model::Objective& objective, const Documents& documents, double n,
                       mpi::Communicator world)
        : objective_(objective),
          documents_(documents),
          n_(n),
          lambda_n_(n * objective.lambda),
          world_(world),
          a_(documents.size()) {
        double ranks[] = {documents.size() > 0 ? 1.0 : 0.0};
        mpi::sum_in_rank_order(world, ranks);
        ranks_ = ranks[0];
    }

    /// The variables that follow from a model's margins. @return its objective.
    double start(std::span<const double> model) {
        double loss[] = {0.0};
        std::vector<double> w(model.size());
        for (std::size_t i = 0; i < a_.size(); ++i) {
            const double m = margin(model, i);
            loss[0] += weight(i) * Loss::value(m);
            move(i, std::min(Loss::slope(m), Dual::kLargest), 1.0, w);
        }
        mpi::sum_in_rank_order(world_, loss);
        add_up(w);
        return loss[0] / n_ + 0.5 * objective_.lambda * norm2(model);
    }
    /// One pass of every rank. @param number  of the pass: each has an order of its own.
    void pass(std::uint64_t number) {
        const data::Permutation order(static_cast<std::int64_t>(a_.size()), number);
        std::vector<double> w = w_;  // as this rank sees it: its own changes count `ranks_` times
        for (std::size_t k = 0; k < a_.size(); ++k) {
            const auto i = static_cast<std::size_t>(order(static_cast<std::int64_t>(k)));
            const double squares = documents_.squares(i) + (objective_.bias ? 1.0 : 0.0);
            const double q = lambda_n_ / (weight(i) * ranks_ * squares);
            move(i, Dual::step(margin(w, i), a_[i], q), ranks_, w);
        }
        for (std::size_t u = 0; u < w.size(); ++u) w[u] = (w[u] - w_[u]) / ranks_;
        add_up(w);
    }
    double value() const {
        double sum[] = {0.0};
        for (std::size_t i = 0; i < a_.size(); ++i) sum[0] += weight(i) * Dual::value(a_[i]);
        mpi::sum_in_rank_order(world_, sum);
        return sum[0] / n_ - 0.5 * objective_.lambda * norm2(w_);
    }

private:
    /// C_i.
    double weight(std::size_t i) const {
        const double y = documents_.y(i);
        return objective_.step_weights.of(y > 0.0 ? 1 : -1) * std::abs(y);
    }
    double margin(std::span<const double> w, std::size_t i) const {
        const double bias = objective_.bias ? w[objective_.shape.bias()] : 0.0;
        return std::copysign(1.0, documents_.y(i)) * (documents_.dot(w, i) + bias);
    }
    /// @param times  what the change of w is multiplied by.
    void move(std::size_t i, double a, double times, std::span<double> w) {
        if (a == a_[i]) return;
        const double change =
            std::copysign(weight(i), documents_.y(i)) * (a - a_[i]) / lambda_n_ * times;
        a_[i] = a;
        documents_.add(change, i, w);
        if (objective_.bias) w[objective_.shape.bias()] += change;
    }
    void add_up(std::vector<double>& changes) {
        mpi::sum_in_rank_order(world_, changes);
        w_.resize(changes.size());
        for (std::size_t u = 0; u < w_.size(); ++u) w_[u] += changes[u];
    }
    static double norm2(std::span<const double> w) {
        double sum = 0.0;
        for (const double v : w) sum += v * v;
        return sum;
    }

    const model::Objective& objective_;
    const Documents& documents_;
    double n_;
    double lambda_n_;
    mpi::Communicator world_;
    double ranks_ = 1.0;     ///< K: those that have documents
    std::vector<double> a_;  ///< of this rank's documents
    std::vector<double> w_;  ///< w(a) of all ranks' documents, in the last place S
};

template <class Loss, class Documents>
Certificate certify(const model::LinearModel<data::Numbering::training>& model,
                    const Documents& documents, double n, mpi::Communicator world) {
    DualAscentForModel<Loss, Documents> ascent(model.objective, documents, n, world);
    Certificate found;
    found.primal = ascent.start(model.weights);
    found.dual = ascent.value();
    for (int pass = 0; pass < kMostPasses && found.relative_gap() > kEnough; ++pass) {
        ascent.pass(static_cast<std::uint64_t>(pass));
        const double gain = ascent.value() - found.dual;
        const double gap = found.primal - found.dual;
        found.dual += std::max(0.0, gain);
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
