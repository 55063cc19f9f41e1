#include "train/registry.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace hogwild::train {

// Each is defined beside the update of its strategy.
extern const StrategyInfo kLockFree, kLocked, kAtomic, kStriped, kRoundRobin, kSynchronous,
    kAsynchronous, kDownpour, kDual, kSequential;

namespace {

constexpr std::array kStrategies{&kLockFree,   &kLocked,      &kAtomic,       &kStriped,
                                 &kRoundRobin, &kSynchronous, &kAsynchronous, &kDownpour,
                                 &kDual,       &kSequential};

}  // namespace

std::span<const StrategyInfo* const> strategies() { return kStrategies; }

const StrategyInfo& default_strategy() { return kLockFree; }

const StrategyInfo& strategy_info(std::string_view name) {
    const auto it = std::ranges::find(kStrategies, name, &StrategyInfo::name);
    if (it == kStrategies.end()) {
        throw std::invalid_argument("unknown strategy " + std::string(name));
    }
    return **it;
}

std::vector<std::string> strategy_names() {
    std::vector<std::string> names;
    for (const StrategyInfo* info : kStrategies) names.emplace_back(info->name);
    return names;
}

}  // namespace hogwild::train
