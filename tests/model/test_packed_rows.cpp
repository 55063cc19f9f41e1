#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "model/packed_rows.hpp"

namespace hogwild::model {
namespace {

data::Rows some_rows(int count, bool weighted) {
    data::Rows rows;
    for (int i = 0; i < count; ++i) {
        std::vector<std::uint32_t> index;
        std::vector<float> value;
        for (int k = 0; k < i % 5; ++k) {  // some are empty
            index.push_back(static_cast<std::uint32_t>(3 * k + i % 2));
            value.push_back(static_cast<float>(i) + 0.25F * static_cast<float>(k));
        }
        rows.append({index, value}, i % 3 == 0 ? 1 : -1,
                    weighted ? 1.0F + static_cast<float>(i) : 1.0F);
    }
    return rows;
}

void expect_equal(const data::Rows& a, const data::Rows& b) {
    ASSERT_EQ(a.size(), b.size());
    for (std::int64_t i = 0; i < a.size(); ++i) {
        EXPECT_TRUE(std::ranges::equal(a.row(i).index, b.row(i).index));
        EXPECT_TRUE(std::ranges::equal(a.row(i).value, b.row(i).value));
        EXPECT_EQ(a.label(i), b.label(i));
        EXPECT_EQ(a.weight(i), b.weight(i));
    }
}

/// Blocks that are packed and appended one after another are the rows that were cut into them.
TEST(PackedRows, BlocksMakeTheWholeAgain) {
    using Layout = TrainingRows::Layout;
    for (const bool weighted : {false, true}) {
        const data::Rows all = some_rows(100, weighted);
        for (const Layout layout : {Layout::plain, Layout::narrow, Layout::wide}) {
            TrainingRows whole(layout, 4);
            whole.append(all, 0, all.size());
            TrainingRows again(layout, 4);
            std::vector<std::byte> bytes;
            for (const auto& [first, end] : {std::pair{0, 33}, {33, 33}, {33, 34}, {34, 100}}) {
                TrainingRows block(layout, 4);
                block.append(all, first, end);
                pack(block, bytes);
                append_packed(bytes, again);
            }
            expect_equal(again.plain(0, again.size()), whole.plain(0, whole.size()));
            EXPECT_EQ(again.positives(), whole.positives());
            EXPECT_EQ(again.weights().positive, whole.weights().positive);
            EXPECT_EQ(again.weights().largest, whole.weights().largest);
            again.clear();
            EXPECT_EQ(again.size(), 0);
            EXPECT_EQ(again.positives(), 0);
        }
        data::Rows copy;
        std::vector<std::byte> bytes;
        pack(all, bytes);
        append_packed(bytes, copy);
        append_packed(bytes, copy);
        EXPECT_EQ(copy.size(), 200);
        EXPECT_TRUE(std::ranges::equal(copy.row(199).value, all.row(99).value));
    }
}

}  // namespace
}  // namespace hogwild::model
