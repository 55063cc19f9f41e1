#include "data/cbor.hpp"

#include <cstdio>
#include <sstream>

namespace hogwild::data {

void for_each_cbor(std::string bytes, const std::function<void(const nlohmann::json&)>& work) {
    std::istringstream in(std::move(bytes));
    try {
        while (in.peek() != EOF) work(nlohmann::json::from_cbor(in, false));
    } catch (const nlohmann::json::exception&) {
        throw Error(ExitCode::bad_data, "a message between ranks ends too early or is damaged");
    }
}

std::string cbor_of(const nlohmann::json& message) {
    std::string bytes;
    nlohmann::json::to_cbor(message, bytes);
    return bytes;
}

}  // namespace hogwild::data
