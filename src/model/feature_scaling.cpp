#include "model/feature_scaling.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "data/feature_set.hpp"

namespace hogwild::model {
namespace {

/// Of values in any order. @param share  in [0, 1]. @pre there is one.
double percentile(std::vector<double>& values, double share) {
    const auto at =
        static_cast<std::ptrdiff_t>(std::lround(share * static_cast<double>(values.size() - 1)));
    std::ranges::nth_element(values, values.begin() + at);
    return values[static_cast<std::size_t>(at)];
}

}  // namespace

void add_squares(const data::Rows& rows, std::span<double> sums) {
    for (std::int64_t i = 0; i < rows.size(); ++i) {
        const data::SparseRow x = rows.row(i);
        const auto weight = static_cast<double>(rows.weight(i));
        for (std::size_t k = 0; k < x.size(); ++k) {
            const auto v = static_cast<double>(x.value[k]);
            sums[x.index[k]] += weight * v * v;
        }
    }
}

double size_ratio(const data::Rows& sample) {
    const auto occurring = data::FeatureSet::of(sample.index());
    struct Size {
        double squares = 0.0;
        double weight = 0.0;
    };
    std::vector<Size> sizes(occurring.size());
    for (std::int64_t i = 0; i < sample.size(); ++i) {
        const data::SparseRow x = sample.row(i);
        const auto weight = static_cast<double>(sample.weight(i));
        for (std::size_t k = 0; k < x.size(); ++k) {
            const auto v = static_cast<double>(x.value[k]);
            if (v == 0.0) continue;  // a dense matrix holds zeros too
            Size& size = sizes[occurring.position(x.index[k])];
            size.squares += weight * v * v;
            size.weight += weight;
        }
    }
    std::vector<double> rms;
    for (const Size& size : sizes) {
        if (size.squares > 0.0) rms.push_back(std::sqrt(size.squares / size.weight));
    }
    if (rms.empty()) return 1.0;
    const double large = percentile(rms, 0.9);
    return large / percentile(rms, 0.1);
}

void make_factors(std::span<double> sums, double weight) {
    for (double& sum : sums) sum = sum > 0.0 ? 1.0 / std::sqrt(sum / weight) : 1.0;
}

}  // namespace hogwild::model
