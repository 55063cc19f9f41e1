#include "data/state.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace hogwild::data {
namespace {

void put_size(std::string& bytes, std::uint64_t size) {
    bytes.append(reinterpret_cast<const char*>(&size), sizeof size);
}

/// Takes packed bytes from the front, and never more than there are.
class Reader {
public:
    explicit Reader(std::string_view bytes) : bytes_(bytes) {}
    bool done() const noexcept { return bytes_.empty(); }
    std::uint64_t size() {
        std::uint64_t size = 0;
        std::memcpy(&size, take(1, sizeof size).data(), sizeof size);
        return size;
    }
    /// @param count  elements. @param width  bytes of an element.
    std::string_view take(std::uint64_t count, std::size_t width) {
        if (count > bytes_.size() / width) {
            throw Error(ExitCode::bad_data, "packed state ends too early");
        }
        const std::string_view front = bytes_.substr(0, count * width);
        bytes_.remove_prefix(front.size());
        return front;
    }

private:
    std::string_view bytes_;
};

}  // namespace

bool State::finite() const {
    return std::ranges::all_of(arrays_, [](const auto& array) {
        return std::ranges::all_of(array.second, [](double x) { return std::isfinite(x); });
    });
}

std::string State::pack() const {
    std::string bytes;
    for (const auto& [name, values] : arrays_) {
        put_size(bytes, name.size());
        put_size(bytes, values.size());
        bytes += name;
        bytes.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(double));
    }
    return bytes;
}

State State::unpack(std::string_view bytes) {
    State state;
    for (Reader reader(bytes); !reader.done();) {
        const std::uint64_t name_size = reader.size();
        const std::uint64_t count = reader.size();
        const std::string_view name = reader.take(name_size, 1);
        const std::string_view packed = reader.take(count, sizeof(double));
        std::vector<double>& values = state.arrays_[std::string(name)];
        values.resize(count);
        if (count > 0) std::memcpy(values.data(), packed.data(), packed.size());
    }
    return state;
}

std::string State::pack_all(std::span<const State> states) {
    std::string bytes;
    for (const State& state : states) {
        const std::string one = state.pack();
        put_size(bytes, one.size());
        bytes += one;
    }
    return bytes;
}

std::vector<State> State::unpack_all(std::string_view bytes) {
    std::vector<State> states;
    for (Reader reader(bytes); !reader.done();) {
        const std::uint64_t size = reader.size();
        states.push_back(unpack(reader.take(size, 1)));
    }
    return states;
}

}  // namespace hogwild::data
