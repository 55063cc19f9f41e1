#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "data/cbor.hpp"
#include "support/expect_error.hpp"

namespace hogwild::data {
namespace {

using Json = nlohmann::json;

std::vector<Json> messages_in(const std::string& bytes) {
    std::vector<Json> all;
    for_each_cbor(bytes, [&](const Json& message) { all.push_back(message); });
    return all;
}

TEST(Cbor, ReadsMessagesInARow) {
    const std::vector<Json> all{
        {"a", 1}, nullptr, {{"name", "\xff in no encoding"}}, Json::array()};
    std::string bytes;
    for (const Json& message : all) bytes += cbor_of(message);
    EXPECT_EQ(messages_in(bytes), all);
    EXPECT_EQ(messages_in(""), std::vector<Json>());
}

TEST(Cbor, KeepsTheBitsOfArrays) {
    const std::vector<float> numbers{1.0F, -0.0F, 0x1.fffffep-3F, 1e-45F};
    const std::vector<Json> got = messages_in(
        cbor_of({packed_array(std::span(numbers)), packed_array(std::span(numbers).first(0))}));
    EXPECT_EQ(unpacked_array<float>(got.at(0).at(0)), numbers);
    EXPECT_TRUE(std::signbit(unpacked_array<float>(got.at(0).at(0))[1]));
    EXPECT_TRUE(unpacked_array<float>(got.at(0).at(1)).empty());
}

TEST(Cbor, RefusesWhatIsDamaged) {
    const std::vector<std::int8_t> three{1, 2, 3};
    const std::string bytes = cbor_of({packed_array(std::span(three)), "text"});
    const auto read = [](const std::string& message) {
        for_each_cbor(message, [](const Json& m) { unpacked_array<std::int8_t>(m.at(0)); });
    };
    read(bytes);
    for (std::size_t size = 1; size < bytes.size(); ++size) {
        EXPECT_TRUE(test::fails_with(ExitCode::bad_data, "ends too early",
                                     [&] { read(bytes.substr(0, size)); }));
    }
    EXPECT_TRUE(
        test::fails_with(ExitCode::bad_data, "damaged", [&] { read(cbor_of(Json::array())); }));
    EXPECT_TRUE(test::fails_with(ExitCode::bad_data, "damaged", [&] { read(cbor_of({"text"})); }));
    EXPECT_TRUE(test::fails_with(ExitCode::bad_data, "within a number", [&] {
        unpacked_array<std::int32_t>(messages_in(bytes).at(0).at(0));
    }));
}

}  // namespace
}  // namespace hogwild::data
