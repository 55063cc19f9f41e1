#include <gtest/gtest.h>

#include "app/common/class_confusion_report.hpp"

namespace hogwild::app {
namespace {

using model::ClassConfusion;

std::vector<std::string> names(std::size_t count) {
    std::vector<std::string> all;
    for (std::size_t k = 0; k < count; ++k) all.push_back(std::string("c") + std::to_string(k));
    return all;
}

TEST(ConfusionReport, ShowsFewClassesAsAMatrix) {
    ClassConfusion counts;
    counts.add(0, 0, 12);
    counts.add(1, 0, 3);
    EXPECT_EQ(confusion_report(counts, names(2)),
              "documents by class (rows) and prediction (columns):\n"
              "class       c0    c1\n"
              "c0          12     0\n"
              "c1           3     0\n");
    counts.add(ClassConfusion::kOther, 1);
    EXPECT_TRUE(confusion_report(counts, names(2)).ends_with("(other)      0     1\n"));
}

TEST(ConfusionReport, ShowsThePairsOfManyClasses) {
    ClassConfusion counts;
    for (std::uint32_t k = 0; k < 12; ++k) {
        counts.add(k, k, 50);
        counts.add(k, k + 1, k + 1);
    }
    const std::string text = confusion_report(counts, names(13));
    EXPECT_TRUE(
        text.starts_with("classes that are confused most often:\n"
                         "class        predicted     documents\n"
                         "c11          c12                  12\n"
                         "c10          c11                  11\n"))
        << text;
    EXPECT_TRUE(
        text.ends_with("c2           c3                    3\n"
                       "and 2 more pairs (--confusion-table FILE.csv)\n"))
        << text;
}

TEST(ConfusionReport, ShowsThePairsOfLongNames) {
    ClassConfusion counts;
    counts.add(0, 1);
    const std::string text = confusion_report(counts, {std::string(50, 'x'), std::string(50, 'y')});
    EXPECT_TRUE(text.starts_with("classes that are confused most often:\n")) << text;
    ClassConfusion right;
    right.add(0, 0);
    EXPECT_EQ(confusion_report(right, names(13)),
              "no document is of another class than predicted\n");
    EXPECT_EQ(confusion_report({}, names(2)), "");
}

TEST(ConfusionCsv, HasARowAndAColumnForEachClass) {
    ClassConfusion counts;
    counts.add(0, 1, 4);
    counts.add(2, 2, 5);
    EXPECT_EQ(confusion_csv(counts, {"a", "b,\"c\"", "d"}),
              "class\\predicted,a,\"b,\"\"c\"\"\",d\n"
              "a,0,4,0\n"
              "\"b,\"\"c\"\"\",0,0,0\n"
              "d,0,0,5\n");
    counts.add(ClassConfusion::kOther, 0, 2);
    EXPECT_TRUE(confusion_csv(counts, {"a", "b", "c"}).ends_with("\n(other),2,0,0\n"));
}

}  // namespace
}  // namespace hogwild::app
