#include "data/state.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "data/cbor.hpp"

namespace hogwild::data {

bool State::finite() const {
    return std::ranges::all_of(arrays_, [](const auto& array) {
        return std::ranges::all_of(array.second, [](double x) { return std::isfinite(x); });
    });
}

std::string State::pack() const {
    auto arrays = nlohmann::json::object();
    for (const auto& [name, values] : arrays_) {
        arrays[name] = packed_array(std::span(values));
    }
    return cbor_of(arrays);
}

State State::unpack(std::string_view bytes) {
    std::vector<State> states = unpack_all(bytes);
    if (states.size() != 1) {
        throw Error(ExitCode::bad_data,
                    "one packed state is expected, not " + std::to_string(states.size()));
    }
    return std::move(states.front());
}

std::string State::pack_all(std::span<const State> states) {
    std::string bytes;
    for (const State& state : states) bytes += state.pack();
    return bytes;
}

std::vector<State> State::unpack_all(std::string_view bytes) {
    std::vector<State> states;
    for_each_cbor(std::string(bytes), [&](const nlohmann::json& arrays) {
        State& state = states.emplace_back();
        for (const auto& [name, values] : arrays.get_ref<const nlohmann::json::object_t&>()) {
            state.arrays_[name] = unpacked_array<double>(values);
        }
    });
    return states;
}

}  // namespace hogwild::data
