#pragma once
#include <algorithm>
#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "model/compact_rows.hpp"
#include "model/document_kernels.hpp"
#include "model/dual_loss.hpp"

/// Where dual coordinate ascent starts if there is a model already.
namespace hogwild::train {

/// The dual variables that follow from a model's margins: at the optimum of a smooth loss its own.
/// @param model  in the numbering of the rows. @param bias  of the model.
template <class Loss, class Index>
std::vector<double> variables_of_margins(std::span<const double> model, double bias,
                                         const model::CompactRows<Index>& rows) {
    std::vector<double> a;
    a.reserve(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto x = rows.row(i);
        const double score = model::private_dot(model, x.hot) + model::shared_dot(model, x.cold);
        const double slope = Loss::slope(static_cast<double>(x.sign()) * (score + bias));
        a.push_back(std::min(slope, model::DualLoss<Loss>::kLargest));
    }
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

}  // namespace hogwild::train
