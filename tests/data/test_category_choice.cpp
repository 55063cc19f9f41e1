#include <gtest/gtest.h>

#include <stdexcept>

#include "data/category_choice.hpp"

namespace hogwild::data {
namespace {

using Categories = std::vector<std::string>;

const Categories kCategories{"C11", "C12", "CCAT", "E11", "ECAT", "M*", "MCAT"};

std::string refusal_of(const char* choice) {
    try {
        chosen_categories(kCategories, choice);
        return "none";
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
}

TEST(CategoryChoice, NamesListsAndPatterns) {
    EXPECT_EQ(chosen_categories(kCategories, "all"), kCategories);
    EXPECT_EQ(chosen_categories(kCategories, "ECAT"), (Categories{"ECAT"}));
    EXPECT_EQ(chosen_categories(kCategories, "ECAT,C11"), (Categories{"C11", "ECAT"}));
    EXPECT_EQ(chosen_categories(kCategories, "C*"), (Categories{"C11", "C12", "CCAT"}));
    EXPECT_EQ(chosen_categories(kCategories, "[EM]CAT"), (Categories{"ECAT", "MCAT"}));
    EXPECT_EQ(chosen_categories(kCategories, "C?1,C1?,C11"), (Categories{"C11", "C12"}));
}

TEST(CategoryChoice, ANameComesBeforeThePatternThatItWouldBe) {
    EXPECT_EQ(chosen_categories(kCategories, "M*"), (Categories{"M*"}));
    const Categories with_all{"all", "other"};
    EXPECT_EQ(chosen_categories(with_all, "all"), (Categories{"all"}));
    EXPECT_EQ(chosen_categories(with_all, "*"), with_all);
}

TEST(CategoryChoice, EveryPartMustNameACategory) {
    EXPECT_EQ(refusal_of("CCAT,ECTA"), "no category 'ECTA'; did you mean 'ECAT'?");
    EXPECT_EQ(refusal_of("G*"), "no category 'G*'");
    EXPECT_EQ(refusal_of("C*,X"), "no category 'X'");
    for (const char* choice : {"", ",", "CCAT,", ",CCAT", "CCAT,,ECAT"}) {
        EXPECT_EQ(refusal_of(choice), "an empty name among the categories") << choice;
    }
    EXPECT_EQ(refusal_of("all"), "none");
}

TEST(CategoryChoice, TellsSeveralFromTheNameOfOne) {
    for (const char* several : {"all", "C11,C12", "C*", "?CAT", "[EM]CAT"}) {
        EXPECT_TRUE(names_several(kCategories, several)) << several;
    }
    for (const char* one : {"CCAT", "M*", "unknown", ""}) {
        EXPECT_FALSE(names_several(kCategories, one)) << one;
    }
    EXPECT_FALSE(names_several(Categories{"all", "none"}, "all"));
}

}  // namespace
}  // namespace hogwild::data
