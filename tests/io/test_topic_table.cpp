#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "data/random.hpp"
#include "data/rcv1_text.hpp"
#include "io/topic_table.hpp"
#include "support/expect_error.hpp"

namespace hogwild::io {
namespace {

using Found = TopicTable::Found;
using Numbers = std::vector<std::uint16_t>;
using test::fails_with;

/// Names in the order M14, C15, ECAT; document 5 has no line, 9 has two topics.
TopicTable small_table() {
    TopicTable table;
    table.add("M14", 7);
    table.add("C15", 9);
    table.add("ECAT", 3);
    table.add("M14", 9);
    table.finish();
    return table;
}

TEST(TopicTable, NumbersTopicsByName) {
    TopicTable table = small_table();
    EXPECT_EQ(table.names(), (std::vector<std::string>{"C15", "ECAT", "M14"}));
    Numbers topics;
    EXPECT_EQ(table.look_up(3, topics), Found::labelled);
    EXPECT_EQ(topics, (Numbers{1}));
    EXPECT_EQ(table.look_up(7, topics), Found::labelled);
    EXPECT_EQ(topics, (Numbers{2}));
    EXPECT_EQ(table.look_up(9, topics), Found::labelled);
    EXPECT_EQ(topics, (Numbers{0, 2}));
}

TEST(TopicTable, TellsUnlabelledDocuments) {
    TopicTable table = small_table();
    Numbers topics{8, 9};
    for (const std::int64_t id : {5, 0, 4, 8, 10, 1'000'000}) {
        EXPECT_EQ(table.look_up(id, topics), Found::unlabelled) << id;
        EXPECT_TRUE(topics.empty()) << id;
    }
    EXPECT_EQ(table.unused_lines(), 4);
}

TEST(TopicTable, TellsRepeatedDocuments) {
    TopicTable table = small_table();
    Numbers topics;
    EXPECT_EQ(table.look_up(9, topics), Found::labelled);
    EXPECT_EQ(table.look_up(9, topics), Found::repeated);
    EXPECT_EQ(table.look_up(3, topics), Found::labelled);
    EXPECT_EQ(table.look_up(7, topics), Found::labelled);
    EXPECT_EQ(table.look_up(3, topics), Found::repeated);
    EXPECT_EQ(table.look_up(9, topics), Found::repeated);
    EXPECT_EQ(table.unused_lines(), 0) << "repetition does not count twice";
}

TEST(TopicTable, TellsRepeatedDocumentsWithoutTopicsToo) {
    TopicTable table = small_table();
    Numbers topics;
    EXPECT_EQ(table.look_up(5, topics), Found::unlabelled);
    EXPECT_EQ(table.look_up(4, topics), Found::unlabelled);
    EXPECT_EQ(table.look_up(5, topics), Found::repeated);
    EXPECT_TRUE(topics.empty());
}

TEST(TopicTable, CountsTheLinesOfOtherDocuments) {
    TopicTable table = small_table();
    Numbers topics;
    EXPECT_EQ(table.unused_lines(), 4);
    table.look_up(9, topics);
    EXPECT_EQ(table.unused_lines(), 2);
    table.look_up(5, topics);
    EXPECT_EQ(table.unused_lines(), 2);
}

TEST(TopicTable, ARepeatedLineIsOneLine) {
    TopicTable table;
    for (int k = 0; k < 3; ++k) table.add("CCAT", 4);
    table.finish();
    EXPECT_EQ(table.unused_lines(), 1);
    Numbers topics;
    EXPECT_EQ(table.look_up(4, topics), Found::labelled);
    EXPECT_EQ(topics, (Numbers{0}));
    EXPECT_EQ(table.unused_lines(), 0);
}

TEST(TopicTable, EmptyTable) {
    TopicTable table;
    table.finish();
    Numbers topics;
    EXPECT_TRUE(table.names().empty());
    EXPECT_EQ(table.look_up(1, topics), Found::unlabelled);
    EXPECT_EQ(table.unused_lines(), 0);
}

TEST(TopicTable, ExtremeDocumentIds) {
    TopicTable table;
    table.add("A", data::kMaxDocumentId);
    table.add("B", 0);
    table.finish();
    Numbers topics;
    EXPECT_EQ(table.look_up(data::kMaxDocumentId, topics), Found::labelled);
    EXPECT_EQ(topics, (Numbers{0}));
    EXPECT_EQ(table.look_up(0, topics), Found::labelled);
    EXPECT_EQ(topics, (Numbers{1}));
    EXPECT_EQ(table.look_up(data::kMaxDocumentId - 1, topics), Found::unlabelled);
}

// Against a std::map, with look-ups in ascending, descending and random order.
TEST(TopicTable, AnyOrderOfLookUps) {
    const data::CounterRandom random(33);
    constexpr std::uint64_t kDocuments = 700;
    for (int order = 0; order < 3; ++order) {
        TopicTable table;
        std::map<std::int64_t, std::map<std::string, bool>> truth;
        for (std::uint64_t line = 0; line < 2000; ++line) {
            const auto id = static_cast<std::int64_t>(random.below(2 * line, kDocuments));
            const std::string topic = "T" + std::to_string(random.below(2 * line + 1, 103));
            table.add(topic, id);
            truth[id][topic] = true;
        }
        table.finish();
        ASSERT_TRUE(std::ranges::is_sorted(table.names()));
        std::map<std::int64_t, int> seen;
        for (std::uint64_t k = 0; k < 1500; ++k) {
            const std::uint64_t place = order == 0   ? k / 2
                                        : order == 1 ? kDocuments - 1 - std::min(k, kDocuments - 1)
                                                     : random.below(9999 + k, kDocuments + 20);
            const auto id = static_cast<std::int64_t>(place);
            Numbers topics;
            const Found found = table.look_up(id, topics);
            std::vector<std::string> names;
            for (const std::uint16_t t : topics) names.push_back(table.names().at(t));
            std::vector<std::string> expected;
            for (const auto& [name, yes] : truth[id]) expected.push_back(name);
            EXPECT_EQ(names, expected) << "document " << id;
            EXPECT_EQ(found, seen[id]++ > 0     ? Found::repeated
                             : expected.empty() ? Found::unlabelled
                                                : Found::labelled)
                << "document " << id;
        }
    }
}

TEST(TopicTable, HoldsAsManyTopicsAsSixteenBitsCount) {
    TopicTable table;
    for (int k = 0; k < 65'536; ++k) table.add("T" + std::to_string(100'000 + k), k);
    table.add("T100000", 70'000);  // known: fine
    EXPECT_TRUE(fails_with(ExitCode::bad_data, "65,536", [&] { table.add("one more", 1); }));
    table.finish();
    Numbers topics;
    EXPECT_EQ(table.look_up(65'535, topics), Found::labelled);
    EXPECT_EQ(topics, (Numbers{65'535}));
    EXPECT_EQ(table.look_up(70'000, topics), Found::labelled);
    EXPECT_EQ(topics, (Numbers{0}));
}

}  // namespace
}  // namespace hogwild::io
