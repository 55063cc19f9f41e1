#include "data/idf.hpp"

#include <cassert>
#include <cmath>
#include <utility>

namespace hogwild::data {

Idf::Idf(std::vector<std::uint32_t> members, std::vector<double> by_member, double other)
    : columns(std::move(members)), factors(std::move(by_member)), absent(other) {
    assert(columns.size() == factors.size());
}

Idf Idf::of(FeatureCounts counts, std::int64_t documents) {
    const auto factor_of = [&](std::int64_t count) {
        return std::log(static_cast<double>(1 + documents) / static_cast<double>(1 + count)) + 1.0;
    };
    std::vector<double> factors;
    factors.reserve(counts.size());
    for (const std::int64_t count : counts.count) factors.push_back(factor_of(count));
    return {std::move(counts.column), std::move(factors), factor_of(0)};
}

}  // namespace hogwild::data
