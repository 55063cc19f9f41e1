#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "data/suggestion.hpp"

namespace hogwild::data {
namespace {

TEST(Suggestion, FindsWhatWasMeant) {
    const std::vector<std::string> options{"--epochs", "--train", "--test", "--lambda", "--log"};
    EXPECT_EQ(nearest_word("--epoch", options), "--epochs");
    EXPECT_EQ(nearest_word("--lamda", options), "--lambda");
    EXPECT_EQ(nearest_word("--tarin", options), "--train");
    EXPECT_EQ(nearest_word("--etst", options), "--test") << "swapped neighbours are one mistake";
    EXPECT_EQ(nearest_word("--LAMBDA", options), "");
}

TEST(Suggestion, SaysNothingWhereNothingIsNear) {
    const std::vector<std::string> strategies{"lock-free", "locked", "atomic"};
    EXPECT_EQ(nearest_word("lockfree", strategies), "lock-free");
    EXPECT_EQ(nearest_word("spark", strategies), "");
    EXPECT_EQ(nearest_word("", strategies), "");
    EXPECT_EQ(nearest_word("x", {}), "");
}

}  // namespace
}  // namespace hogwild::data
