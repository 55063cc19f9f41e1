#pragma once
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/error.hpp"

namespace hogwild::data {

/// What an object needs to continue later: named arrays. Doubles hold floats and counters below
/// 2^53 exactly.
class State {
public:
    bool empty() const noexcept { return arrays_.empty(); }
    bool has(const std::string& name) const { return arrays_.contains(name); }

    template <class T>
    void put(const std::string& name, std::span<const T> values) {
        arrays_[name].assign(values.begin(), values.end());
    }
    void put(const std::string& name, double value) { arrays_[name] = {value}; }
    /// Adds all arrays of another state, in place of those of the same names.
    void put_all(const State& other) {
        for (const auto& [name, values] : other.arrays_) arrays_[name] = values;
    }
    /// Whether all numbers are finite.
    bool finite() const;

    /// @throws Error: bad_data when it is missing.
    const std::vector<double>& array(const std::string& name) const {
        const auto found = arrays_.find(name);
        if (found == arrays_.end()) {
            throw Error(ExitCode::bad_data, "the checkpoint lacks '" + name + "'");
        }
        return found->second;
    }
    /// @throws Error: bad_data when it is missing or of another length.
    void check_length(const std::string& name, std::size_t length) const {
        const std::size_t found = array(name).size();
        if (found == length) return;
        throw Error(ExitCode::bad_data, "the checkpoint's '" + name + "' has " +
                                            std::to_string(found) + " numbers, not " +
                                            std::to_string(length));
    }
    /// @throws Error: bad_data when it is missing or of another length than `out`.
    template <class T>
    void get(const std::string& name, std::span<T> out) const {
        check_length(name, out.size());
        const std::vector<double>& values = array(name);
        for (std::size_t k = 0; k < out.size(); ++k) out[k] = static_cast<T>(values[k]);
    }
    double number(const std::string& name) const {
        double value = 0.0;
        get(name, std::span(&value, 1));
        return value;
    }

    /// As bytes, to be sent to another rank on the same kind of machine, and back.
    std::string pack() const;
    /// @throws Error: bad_data when the bytes are not what pack() gives.
    static State unpack(std::string_view bytes);
    /// Several states as bytes, and back. @throws Error: bad_data, as unpack().
    static std::string pack_all(std::span<const State> states);
    static std::vector<State> unpack_all(std::string_view bytes);

    const std::map<std::string, std::vector<double>>& arrays() const noexcept { return arrays_; }
    bool operator==(const State&) const = default;

private:
    std::map<std::string, std::vector<double>> arrays_;
};

}  // namespace hogwild::data
