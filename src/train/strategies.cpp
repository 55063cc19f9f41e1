#include <algorithm>
#include <array>
#include <stdexcept>

#include "hogwild/train/shared_weights.hpp"
#include "strategy_list.hpp"

namespace hogwild::train {
namespace {

using Comms = mpi::Communicators;

/// One line per strategy.
struct Entry {
    const char* name;
    std::unique_ptr<Strategy> (*make_float)(const Problem&, const Comms&);
    std::unique_ptr<Strategy> (*make_double)(const Problem&, const Comms&);
    bool shares_weights;
};

constexpr std::array kStrategies{
    Entry{"lock-free", make_lock_free<float>, make_lock_free<double>, true},
    Entry{"locked", make_locked<float>, make_locked<double>, true},
    Entry{"atomic", make_atomic<float>, make_atomic<double>, true},
    Entry{"striped", make_striped<float>, make_striped<double>, true},
    Entry{"round-robin", make_round_robin<float>, make_round_robin<double>, true},
    Entry{"synchronous", make_synchronous<float>, make_synchronous<double>, false},
    Entry{"asynchronous", make_asynchronous<float>, make_asynchronous<double>, false},
    Entry{"sequential", [](const Problem& p, const Comms&) { return make_sequential<float>(p); },
          [](const Problem& p, const Comms&) { return make_sequential<double>(p); }, false},
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

bool shares_memory(const std::string& name) { return find(name).shares_weights; }

std::uint64_t shared_bytes(const std::string& name, Precision precision, std::size_t n_weights,
                           int node_size) {
    if (!find(name).shares_weights) return 0;
    return precision == Precision::double_ ? SharedWeights<double>::bytes(n_weights, node_size)
                                           : SharedWeights<float>::bytes(n_weights, node_size);
}

std::unique_ptr<Strategy> make_strategy(const std::string& name, Precision precision,
                                        const Problem& problem, const Comms& comms) {
    const Entry& entry = find(name);
    return precision == Precision::double_ ? entry.make_double(problem, comms)
                                           : entry.make_float(problem, comms);
}

}  // namespace hogwild::train
