#include <algorithm>
#include <array>
#include <stdexcept>

#include "hogwild/train/doorbell.hpp"
#include "hogwild/train/private_features.hpp"
#include "hogwild/train/shared_weights.hpp"
#include "strategy_list.hpp"

namespace hogwild::train {
namespace {

using Comms = mpi::Communicators;

/// One line per strategy.
struct Entry {
    const char* name;
    Maker* make;
    bool shares_weights;
};

constexpr std::array kStrategies{
    Entry{"lock-free", make_lock_free, true},
    Entry{"locked", make_locked, true},
    Entry{"atomic", make_atomic, true},
    Entry{"striped", make_striped, true},
    Entry{"round-robin", make_round_robin, true},
    Entry{"synchronous", make_synchronous, false},
    Entry{"asynchronous", make_asynchronous, false},
    Entry{"downpour", make_downpour, false},
    Entry{"sequential", make_sequential, false},
};

const Entry& find(const std::string& name) {
    const auto it = std::ranges::find(kStrategies, name, &Entry::name);
    if (it == kStrategies.end()) throw std::invalid_argument("unknown strategy " + name);
    return *it;
}

}  // namespace

std::vector<std::string> strategy_names() {
    std::vector<std::string> names;
    for (const Entry& entry : kStrategies) names.emplace_back(entry.name);
    return names;
}

int worker_count(const std::string& name, const DownpourPlan& plan, int ranks) {
    return name == "downpour" && ranks > 1 ? ranks - plan.servers : ranks;
}

bool shares_memory(const std::string& name) { return find(name).shares_weights; }

model::TrainingRows::Layout row_layout(const std::string& name, const PrivatePlan& plan,
                                       bool writes_on_pull, std::size_t n_features) {
    using Layout = model::TrainingRows::Layout;
    if (name != "lock-free" || !plan.by_document || !writes_on_pull) return Layout::plain;
    return n_features < std::size_t{1} << 16 ? Layout::narrow : Layout::wide;
}

std::uint64_t shared_bytes(const std::string& name, Precision precision, std::size_t n_weights,
                           std::size_t private_features, int node_size) {
    if (name == "asynchronous") return Doorbell::bytes(node_size);
    if (!find(name).shares_weights) return 0;
    const bool carries = name == "round-robin" && precision == Precision::single_;  // at most
    const std::uint64_t carry = carries ? n_weights * sizeof(double) : 0;
    return carry + PrivateFeatures<float>::bytes(private_features) +
           (precision == Precision::double_ ? SharedWeights<double>::bytes(n_weights, node_size)
                                            : SharedWeights<float>::bytes(n_weights, node_size));
}

std::unique_ptr<Strategy> make_strategy(const std::string& name, Precision precision,
                                        const Problem& problem, const Comms& comms) {
    return find(name).make(precision, problem, comms);
}

}  // namespace hogwild::train
