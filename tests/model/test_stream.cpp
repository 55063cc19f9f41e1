// The kernel of the upper bound reads every entry.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <vector>

#include "model/stream.hpp"

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
    // the same sums from the other layout, which fills up the first features' entries
    for (const std::uint32_t hot : {0U, 3000U, 60'000U}) {
        std::uint64_t filled = expected;
        for (const std::uint32_t n : order) {
            const auto entries = static_cast<std::uint64_t>(std::ranges::count_if(
                rows.row(n).index, [hot](std::uint32_t u) { return u < hot; }));
            filled += (entries + 3) / 4 * 4 * hot - entries * hot;
        }
        EXPECT_EQ(stream(CompactRows<std::uint16_t>(rows, hot), order), filled) << hot;
        EXPECT_EQ(stream(CompactRows<std::uint32_t>(rows, hot), order), filled) << hot;
    }
}

}  // namespace
}  // namespace hogwild::model
