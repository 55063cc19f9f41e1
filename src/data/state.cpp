#include "hogwild/data/state.hpp"

#include <cstdint>
#include <cstring>

namespace hogwild::data {

std::string State::pack() const {
    std::string bytes;
    for (const auto& [name, values] : arrays_) {
        const std::uint64_t sizes[] = {name.size(), values.size()};
        bytes.append(reinterpret_cast<const char*>(sizes), sizeof sizes);
        bytes += name;
        bytes.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(double));
    }
    return bytes;
}

State State::unpack(std::string_view bytes) {
    State state;
    while (!bytes.empty()) {
        std::uint64_t sizes[2];
        std::memcpy(sizes, bytes.data(), sizeof sizes);
        bytes.remove_prefix(sizeof sizes);
        std::vector<double>& values = state.arrays_[std::string(bytes.substr(0, sizes[0]))];
        bytes.remove_prefix(sizes[0]);
        values.resize(sizes[1]);
        if (!values.empty()) std::memcpy(values.data(), bytes.data(), sizes[1] * sizeof(double));
        bytes.remove_prefix(sizes[1] * sizeof(double));
    }
    return state;
}

}  // namespace hogwild::data
