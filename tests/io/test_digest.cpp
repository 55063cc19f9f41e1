#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "io/digest.hpp"

namespace hogwild::io {
namespace {

TEST(Digest, OfNothingIsXxh3sPublishedValue) { EXPECT_EQ(Digest().hex(), "2d06800538d394c2"); }

TEST(Digest, DoesNotDependOnThePieces) {
    std::vector<std::int32_t> values(5000);
    std::iota(values.begin(), values.end(), -17);
    const std::span<const std::int32_t> all(values);
    Digest whole;
    whole.update(all);
    Digest pieces;
    for (std::size_t at = 0; at < all.size(); at += 123) {
        pieces.update(all.subspan(at, std::min<std::size_t>(123, all.size() - at)));
    }
    pieces.update(nullptr, 0);
    EXPECT_EQ(pieces.hex(), whole.hex());
    EXPECT_EQ(whole.hex().size(), 16U);
    EXPECT_EQ(whole.hex().find_first_not_of("0123456789abcdef"), std::string::npos);
}

TEST(Digest, TellsContentAndOrder) {
    const auto digest_of = [](const std::string& text) {
        Digest digest;
        digest.update(text.data(), text.size());
        return digest.hex();
    };
    EXPECT_NE(digest_of("ab"), digest_of("ba"));
    EXPECT_NE(digest_of("a"), digest_of(std::string("a\0", 2)));
    EXPECT_NE(digest_of(""), digest_of("a"));
}

TEST(Digest, CanBeReadOnTheWayAndMoved) {
    Digest digest;
    digest.update("ab", 2);
    const std::string before = digest.hex();
    Digest moved(std::move(digest));
    EXPECT_EQ(moved.hex(), before);
    moved.update("c", 1);
    Digest whole;
    whole.update("abc", 3);
    EXPECT_EQ(moved.hex(), whole.hex());
}

}  // namespace
}  // namespace hogwild::io
