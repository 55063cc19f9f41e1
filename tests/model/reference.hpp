#pragma once
// Plain twins of the kernels: as close to the formulas as code gets, dense and slow.
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "data/random.hpp"
#include "data/rows.hpp"
#include "model/evaluation.hpp"
#include "model/gradient.hpp"

namespace hogwild::reference {

using model::Regularizer;

/// A document as a dense vector, bias included.
inline std::vector<double> dense(const model::Objective& o, data::SparseRow x) {
    std::vector<double> v(o.shape.size());
    for (std::size_t k = 0; k < x.size(); ++k) v[x.index[k]] = static_cast<double>(x.value[k]);
    if (o.bias) v[o.shape.bias()] = 1.0;
    return v;
}

/// The entries that are stored (a stored zero counts), bias included.
inline std::vector<bool> stored(const model::Objective& o, data::SparseRow x) {
    std::vector<bool> s(o.shape.size());
    for (const std::uint32_t u : x.index) s[u] = true;
    if (o.bias) s[o.shape.bias()] = true;
    return s;
}

inline double margin(const model::Objective& o, std::span<const double> w, data::SparseRow x,
                     int y) {
    const std::vector<double> v = dense(o, x);
    double sum = 0.0;
    for (std::size_t u = 0; u < v.size(); ++u) sum += w[u] * v[u];
    return y * sum;
}

inline double slope(const model::Objective& o, double m) {
    switch (o.loss) {
        case model::LossKind::hinge:
            return m < 1.0 ? 1.0 : 0.0;
        case model::LossKind::squared_hinge:
            return 2.0 * std::max(0.0, 1.0 - m);
        case model::LossKind::logistic:
            return 1.0 / (1.0 + std::exp(m));
        case model::LossKind::modified_huber:
            return std::min(4.0, 2.0 * std::max(0.0, 1.0 - m));
    }
    return NAN;
}

inline double loss(const model::Objective& o, double m) {
    const double below = std::max(0.0, 1.0 - m);
    switch (o.loss) {
        case model::LossKind::hinge:
            return below;
        case model::LossKind::squared_hinge:
            return below * below;
        case model::LossKind::logistic:
            return std::log(1.0 + std::exp(-m));
        case model::LossKind::modified_huber:
            return m >= -1.0 ? below * below : -4.0 * m;
    }
    return NAN;
}

/// eta times the sum over the batch of (y x slope - r), r as the systems of the seed paper define
/// it, without l2, which is applied elsewhere.
inline std::vector<double> step(const model::Objective& o, const data::Rows& rows,
                                std::span<const std::uint32_t> batch, std::span<const double> w,
                                double eta) {
    std::vector<double> g(o.shape.size());
    for (const std::uint32_t i : batch) {
        const data::SparseRow x = rows.row(i);
        const int y = rows.label(i);
        const std::vector<double> v = dense(o, x);
        const std::vector<bool> s = stored(o, x);
        double d = 0.0;
        double w_sum = 0.0;
        for (std::size_t u = 0; u < s.size(); ++u) {
            d += s[u] ? 1.0 : 0.0;
            w_sum += s[u] ? w[u] : 0.0;
        }
        const double p = slope(o, margin(o, w, x, y));
        for (std::size_t u = 0; u < v.size(); ++u) {
            g[u] += y * v[u] * p;
            if (!s[u]) continue;
            if (o.regularizer == Regularizer::seed) g[u] -= 2.0 * o.lambda * w[u] / d;
            if (o.regularizer == Regularizer::scalar) g[u] -= 2.0 * o.lambda * w_sum / d;
            if (o.regularizer == Regularizer::hogwild) {
                g[u] -= 2.0 * o.lambda * w[u] * o.inverse_degree[u];
            }
        }
    }
    for (double& value : g) value *= eta;
    return g;
}

/// Mean over documents of loss and regularizer.
inline double objective(const model::Objective& o, std::span<const double> w,
                        const data::Rows& rows) {
    double sum = 0.0;
    for (std::int64_t i = 0; i < rows.size(); ++i) {
        const data::SparseRow x = rows.row(i);
        const std::vector<bool> s = stored(o, x);
        double d = 0.0;
        double squares = 0.0;
        double plain = 0.0;
        double by_degree = 0.0;
        for (std::size_t u = 0; u < s.size(); ++u) {
            if (!s[u]) continue;
            d += 1.0;
            squares += w[u] * w[u];
            plain += w[u];
            if (!o.inverse_degree.empty()) by_degree += w[u] * w[u] * o.inverse_degree[u];
        }
        sum += loss(o, margin(o, w, x, rows.label(i)));
        if (o.regularizer == Regularizer::seed && d > 0) sum += o.lambda * squares / d;
        if (o.regularizer == Regularizer::scalar && d > 0) sum += o.lambda * plain * plain / d;
        if (o.regularizer == Regularizer::hogwild) sum += o.lambda * by_degree;
    }
    double mean = sum / static_cast<double>(rows.size());
    if (o.regularizer == Regularizer::l2) {
        for (const double v : w) mean += 0.5 * o.lambda * v * v;
    }
    return mean;
}

/// The metrics of the program, for weights and documents in the same numbering.
inline model::Metrics metrics(const model::Objective& o, std::span<const double> w,
                              const data::Rows& rows) {
    const model::LinearModel<data::Numbering::listed> model{o, {w.begin(), w.end()}};
    model::Tally tally;
    model::evaluate(model, data::NumberedRows<data::Numbering::listed>(rows), tally);
    return model::metrics_of(model, tally);
}

/// Random documents with a learnable label: the sign of a fixed random direction, with noise.
inline data::Rows random_rows(std::int64_t n, std::uint32_t features, std::uint64_t seed) {
    data::Rows rows;
    for (std::int64_t i = 0; i < n; ++i) {
        const data::CounterRandom random(seed, i);
        std::vector<std::uint32_t> index;
        std::vector<float> value;
        double score = 0.0;
        for (std::uint32_t u = 0; u < features; ++u) {
            // popularity falls with the feature's number, as in text
            if (random.unit(u) > 0.02 + 0.6 / (1.0 + 0.3 * u)) continue;
            index.push_back(u);
            value.push_back(static_cast<float>(random.unit(1000 + u) - 0.3));
            score += static_cast<double>(value.back()) * (data::CounterRandom(77, u).unit(0) - 0.5);
        }
        rows.append({index, value}, score + 0.05 * (random.unit(5000) - 0.5) > 0.0 ? 1 : -1);
    }
    return rows;
}

/// d_u over `rows`, inverted.
inline std::vector<double> inverse_degree(const data::Rows& rows, std::size_t features) {
    const model::WeightShape shape{features};
    std::vector<double> d(shape.inputs());
    for (std::int64_t i = 0; i < rows.size(); ++i) {
        for (const std::uint32_t u : rows.row(i).index) d[u] += 1.0;
    }
    d[shape.bias()] = static_cast<double>(rows.size());
    for (double& v : d) v = v > 0.0 ? 1.0 / v : 0.0;
    return d;
}

}  // namespace hogwild::reference
