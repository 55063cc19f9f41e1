#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "data/enum_names.hpp"

namespace hogwild::data {

enum class Fruit { apple, pear, plum };
template <>
struct EnumTable<Fruit> {
    static constexpr EnumName<Fruit> kRows[] = {
        {Fruit::pear, "pear"}, {Fruit::apple, "apple", "malus"}, {Fruit::plum, "plum"}};
};

namespace {

using Names = EnumNames<Fruit>;

TEST(EnumNames, EveryNameFindsItsValue) {
    for (const Fruit fruit : {Fruit::apple, Fruit::pear, Fruit::plum}) {
        EXPECT_EQ(Names::find(Names::name(fruit)), fruit);
    }
    EXPECT_EQ(Names::name(Fruit::plum), "plum");
}

TEST(EnumNames, AliasIsUnderstoodButNotShown) {
    EXPECT_EQ(Names::find("malus"), Fruit::apple);
    EXPECT_EQ(Names::name(Fruit::apple), "apple");
    EXPECT_EQ(Names::choices(), "pear|apple|plum");
    EXPECT_EQ(Names::all(), (std::vector<std::string>{"pear", "apple", "plum", "malus"}));
}

TEST(EnumNames, OtherTextsAreNoNames) {
    for (const std::string text : {"", "Pear", "pea", "pears", " pear"}) {
        EXPECT_EQ(Names::find(text), std::nullopt) << text;
    }
}

TEST(EnumNames, ValueWithoutARowHasNoName) { EXPECT_EQ(Names::name(static_cast<Fruit>(9)), ""); }

}  // namespace
}  // namespace hogwild::data
