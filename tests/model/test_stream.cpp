// The roof's kernel must really read every entry.
#include <gtest/gtest.h>

#include <bit>
#include <vector>

#include "hogwild/model/stream.hpp"

namespace hogwild::model {
namespace {

TEST(Stream, AddsUpEverythingOfTheRowsThatAreNamed) {
    data::Rows rows;
    std::vector<std::uint64_t> sums;
    for (std::uint32_t n = 0; n < 40; ++n) {  // lengths around those of vector registers
        std::uint32_t indices = 0;
        std::uint32_t values = 0;
        std::vector<std::uint32_t> index;
        std::vector<float> value;
        for (std::uint32_t k = 0; k < n; ++k) {
            index.push_back(1000 * n + k);
            value.push_back(0.5F + static_cast<float>(k));
            indices += index.back();
            values += std::bit_cast<std::uint32_t>(value.back());
        }
        const int label = n % 3 == 0 ? 1 : -1;
        rows.append({index, value}, label);
        sums.push_back(std::uint64_t{indices} + values +
                       static_cast<std::uint64_t>(std::int64_t{label}));
    }
    EXPECT_EQ(stream(rows, {}), 0U);
    for (const std::uint32_t n : {0U, 1U, 15U, 39U}) {
        EXPECT_EQ(stream(rows, std::vector{n}), sums[n]) << n;
    }
    const std::vector<std::uint32_t> order{3, 39, 0, 17, 17, 8, 1};
    std::uint64_t expected = 0;
    for (const std::uint32_t n : order) expected += sums[n];
    EXPECT_EQ(stream(rows, order), expected);
    for (const std::size_t hot : {std::size_t{0}, std::size_t{3000},
                                  std::size_t{100'000}}) {  // the same sums from the other layout
        const CompactRows<std::uint16_t> narrow(rows, hot);
        const CompactRows<std::uint32_t> wide(rows, hot);
        EXPECT_EQ(stream(narrow, order), expected) << hot;
        EXPECT_EQ(stream(wide, order), expected) << hot;
    }
}

}  // namespace
}  // namespace hogwild::model
