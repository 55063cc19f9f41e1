#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <span>
#include <vector>

#include "model/compact_rows.hpp"
#include "model/document_kernels.hpp"
#include "model/dual_loss.hpp"
#include "mpi/collectives.hpp"
#include "train/certifier.hpp"

/// Where dual coordinate ascent starts if there is a model already.
namespace hogwild::train {

/// The dual variables that follow from a model's margins: at the optimum of a smooth loss its own.
/// @param model  in the numbering of the rows. @param bias  of the model.
template <class Loss, class Index>
std::vector<double> variables_of_margins(std::span<const double> model, double bias,
                                         const OwnDocuments& documents) {
    std::vector<double> a;
    a.reserve(static_cast<std::size_t>(documents.size()));
    documents.for_each_part([&](const model::TrainingRows& part, std::int64_t /*first*/) {
        const model::CompactRows<Index>& rows = part.compact<Index>();
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const auto x = rows.row(i);
            const double score =
                model::private_dot(model, x.hot) + model::shared_dot(model, x.cold);
            const double slope = Loss::slope(static_cast<double>(x.sign()) * (score + bias));
            a.push_back(std::min(slope, model::DualLoss<Loss>::kLargest));
        }
    });
    return a;
}

/// Which of 1, 1/2, 1/4, ..., or 0, to multiply variables by: a model of other data, or of another
/// lambda, can be far off.
/// @param dual  the dual value at a multiple of them, which is concave, and 0 at 0.
inline double best_share(const std::function<double(double)>& dual) {
    constexpr double kLeast = 1e-6;
    double best = dual(1.0);
    double share = 1.0;
    for (double less = 0.5; less > kLeast; less *= 0.5) {
        const double value = dual(less);
        if (value <= best) break;
        best = value;
        share = less;
    }
    return best > 0.0 ? share : 0.0;
}

/// Whether two models point in the same direction, nearly. Those of other lambdas or numbers of
/// documents have weights of other size.
inline bool agree(std::span<const double> v, std::span<const double> w) {
    constexpr double kLeast = 0.9;  // cosine of the angle
    double vw = 0.0;
    double vv = 0.0;
    double ww = 0.0;
    for (std::size_t u = 0; u < v.size(); ++u) {
        vw += v[u] * w[u];
        vv += v[u] * v[u];
        ww += w[u] * w[u];
    }
    return vw > kLeast * std::sqrt(vv) * std::sqrt(ww);
}

/// Variables to start from: those that belong to a model, or else those that follow from its
/// margins; all of them, or a part of their way.
/// @param a      of this rank's rows, which may belong to the model; empty on all ranks: there are
///               none. Other documents can have the same ids, so they are compared with it.
/// @param model  weights, the same on all ranks. @note Collective over `world`.
template <class Loss, class Index, class Ascent>
std::vector<double> starting_variables(const TrainingContext& context, mpi::Communicator world,
                                       Certifier<Loss, Index>& certifier, const Ascent& ascent,
                                       std::span<const double> model, std::vector<double> a) {
    const std::size_t bias = context.objective.shape.bias();
    Certificate whole;
    const auto certify = [&] {
        whole = certifier.certify([&](std::size_t i) { return a[i]; },
                                  [&](float y) { return ascent.weight(y); });
    };
    const auto belong_to_model = [&] {
        if (mpi::max(world, std::ssize(a)) == 0) return false;
        for (double& value : a) value = std::min(value, model::DualLoss<Loss>::kLargest);
        certify();
        const bool same = agree(certifier.weights().first(bias), model.first(bias));
        return mpi::broadcast(world, 0, std::int64_t{same}) != 0;
    };
    if (!belong_to_model()) {
        a = variables_of_margins<Loss, Index>(model, model[bias], context.own_documents());
        certify();
    }
    const auto n = static_cast<double>(context.training_documents);
    const double half_norm = certifier.dual_sum() / n - whole.dual;  // lambda/2 (|w|^2 + S^2)
    const double share = best_share([&](double s) {
        double sum[] = {0.0};
        certifier.for_each_weight([&](std::size_t i, double weight) {
            sum[0] += weight * model::DualLoss<Loss>::value(s * a[i]);
        });
        mpi::sum_in_rank_order(world, sum);
        return sum[0] / n - s * s * half_norm;
    });
    for (double& value : a) value *= share;
    return a;
}

}  // namespace hogwild::train
