/// Names of features in the forms that people have them in.
#include <gtest/gtest.h>

#include <string>

#include "data/error.hpp"
#include "io/feature_names.hpp"
#include "support/expect_error.hpp"
#include "support/scratch_dir.hpp"

namespace hogwild::io {
namespace {

class FeatureNamesTest : public testing::Test {
protected:
    FeatureNames read(const std::string& text, std::int64_t first_id = 1) const {
        test::write_bytes(path_, text);
        return read_feature_names(path_, first_id);
    }

    test::ScratchDir dir_;
    std::string path_ = dir_.file("names.txt");
};

TEST_F(FeatureNamesTest, IdsAndNamesByTabOrBlank) {
    const FeatureNames expected{{3, "money"}, {70, "rain in Spain"}, {5, "x"}};
    EXPECT_EQ(read("3\tmoney\n70\train in Spain\n\n5 x\r\n"), expected);
}

TEST_F(FeatureNamesTest, ANameALineFromTheFirstIdOn) {
    EXPECT_EQ(read("money\nrain in Spain\n\n42\n"),
              (FeatureNames{{1, "money"}, {2, "rain in Spain"}, {3, ""}, {4, "42"}}));
    EXPECT_EQ(read("money\n", 0), (FeatureNames{{0, "money"}}));
}

TEST_F(FeatureNamesTest, TheMapOfRcv1) {
    EXPECT_EQ(read("aa 1 9.41\nmoney 27 4.5\n"), (FeatureNames{{1, "aa"}, {27, "money"}}));
    EXPECT_EQ(read("1996 3 2.25\n"), (FeatureNames{{3, "1996"}}));
}

TEST_F(FeatureNamesTest, AnotherFormOrASecondNameIsRefusedWithTheLine) {
    EXPECT_TRUE(
        test::fails_with(ExitCode::bad_data, path_ + ":2", [&] { read("3 money\nrain\n"); }));
    EXPECT_TRUE(
        test::fails_with(ExitCode::bad_data, path_ + ":2", [&] { read("aa 1 9.4\nbb two 1\n"); }));
    EXPECT_TRUE(
        test::fails_with(ExitCode::bad_data, "has a name already", [&] { read("3 a\n3 b\n"); }));
}

}  // namespace
}  // namespace hogwild::io
