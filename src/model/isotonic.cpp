#include "model/isotonic.hpp"

namespace hogwild::model {

std::vector<PooledScores> pool_violators(std::span<const PooledScores> groups) {
    std::vector<PooledScores> pools;
    for (PooledScores pool : groups) {
        while (!pools.empty() && pools.back().probability() <= pool.probability()) {
            const PooledScores& higher = pools.back();
            pool = {higher.highest, pool.lowest, higher.positives + pool.positives,
                    higher.negatives + pool.negatives};
            pools.pop_back();
        }
        pools.push_back(pool);
    }
    return pools;
}

std::vector<PooledScores> pool_violators(std::span<const LabelledScore> scores) {
    std::vector<PooledScores> groups;
    for_each_group(scores, [&](const ScoreGroup& group) {
        groups.push_back({group.score, group.score, group.positives, group.negatives});
    });
    return pool_violators(groups);
}

Isotonic isotonic_of(std::span<const PooledScores> pools) {
    Isotonic isotonic;
    const auto add = [&](double score, double probability) {
        isotonic.scores.push_back(score);
        isotonic.probabilities.push_back(probability);
    };
    for (std::size_t k = pools.size(); k-- > 0;) {
        const PooledScores& pool = pools[k];
        add(pool.lowest, pool.probability());
        if (pool.highest > pool.lowest) add(pool.highest, pool.probability());
    }
    return isotonic;
}

}  // namespace hogwild::model
