#include "train/trial_sample.hpp"

#include <vector>

#include "data/feature_set.hpp"

namespace hogwild::train {

model::Objective compact(const model::Objective& all, data::Rows& rows) {
    std::vector<std::uint32_t>& index = rows.arrays().index;
    const auto occurring = data::FeatureSet::of(index);
    for (std::uint32_t& u : index) u = occurring.position(u);
    model::Objective objective = all;
    objective.shape.features = occurring.size();
    objective.inverse_degree.clear();
    if (all.inverse_degree.empty()) return objective;
    occurring.for_each(
        [&](std::uint32_t u) { objective.inverse_degree.push_back(all.inverse_degree[u]); });
    objective.inverse_degree.push_back(all.inverse_degree[all.shape.bias()]);
    return objective;
}

}  // namespace hogwild::train
