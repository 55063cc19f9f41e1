#pragma once
#include <cstring>
#include <functional>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "data/error.hpp"

/// Messages between ranks on machines of the same kind, in CBOR (RFC 8949): lists, names and
/// numbers as in JSON, and arrays of numbers as byte strings, the bytes that they have in memory.
namespace hogwild::data {

/// Calls `work(message)` for each of the CBOR messages in a row, as gather_text() joins them.
/// @throws Error: bad_data when the bytes are not CBOR, or not what `work` looks for in them.
void for_each_cbor(std::string bytes, const std::function<void(const nlohmann::json&)>& work);

/// A message as bytes.
std::string cbor_of(const nlohmann::json& message);

/// An array of numbers as a part of a message.
template <class T>
nlohmann::json packed_array(std::span<const T> numbers) {
    static_assert(std::is_trivially_copyable_v<T>);
    std::vector<std::uint8_t> bytes(numbers.size_bytes());
    if (!bytes.empty()) std::memcpy(bytes.data(), numbers.data(), bytes.size());
    return nlohmann::json::binary(std::move(bytes));
}

/// The array that packed_array() was given.
/// @throws Error: bad_data when it ends within a number. nlohmann::json::exception when it is none.
template <class T>
std::vector<T> unpacked_array(const nlohmann::json& packed) {
    const auto& bytes = packed.get_ref<const nlohmann::json::binary_t&>();
    if (bytes.size() % sizeof(T) != 0) {
        throw Error(ExitCode::bad_data, "a packed array ends within a number");
    }
    std::vector<T> numbers(bytes.size() / sizeof(T));
    if (!numbers.empty()) std::memcpy(numbers.data(), bytes.data(), bytes.size());
    return numbers;
}

}  // namespace hogwild::data
