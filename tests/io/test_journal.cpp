#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "io/journal.hpp"
#include "support/expect_error.hpp"
#include "support/file_size_limit.hpp"
#include "support/scratch_dir.hpp"

namespace hogwild::io {
namespace {

using test::fails_with;
using Json = nlohmann::ordered_json;

class JournalTest : public testing::Test {
protected:
    std::vector<std::int64_t> numbers() {
        std::vector<std::int64_t> numbers;
        for (const JournalLine& line : read_journal(path_)) {
            numbers.push_back(line.value.at("n").get<std::int64_t>());
        }
        return numbers;
    }
    test::ScratchDir dir_;
    std::string path_ = dir_.file("state.jsonl");
};

TEST_F(JournalTest, ReturnsAppendedLines) {
    append_to_journal(path_, {{"n", 1}, {"name", "größe"}, {"x", 0.1}});
    append_to_journal(path_, {{"n", 2}});
    const std::vector<JournalLine> lines = read_journal(path_);
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_EQ(lines[0].number, 1);
    EXPECT_EQ(lines[0].value["name"], "größe");
    EXPECT_EQ(lines[0].value["x"], 0.1);
    EXPECT_EQ(lines[1].number, 2);
}

TEST_F(JournalTest, PreparingCreatesAndKeeps) {
    prepare_journal(path_);
    EXPECT_TRUE(read_journal(path_).empty());
    append_to_journal(path_, {{"n", 1}});
    prepare_journal(path_);
    EXPECT_EQ(numbers(), std::vector<std::int64_t>{1});
}

TEST_F(JournalTest, ALineThatBreaksOffAnywhereIsSkippedAndTheNextIsWhole) {
    const std::string line =
        Json{{"key", {{"a", "1"}, {"ß", nullptr}}}, {"n", -1.5e-7}, {"ok", true}}.dump();
    for (std::size_t length = 1; length < line.size(); ++length) {
        test::write_bytes(path_, "{\"n\":1}\n" + line.substr(0, length));
        EXPECT_EQ(numbers(), std::vector<std::int64_t>{1}) << line.substr(0, length);
        append_to_journal(path_, {{"n", 2}});
        EXPECT_EQ(numbers(), (std::vector<std::int64_t>{1, 2})) << line.substr(0, length);
        EXPECT_EQ(read_journal(path_).back().number, 3);
    }
}

TEST_F(JournalTest, AWholeLineWithoutItsNewlineCounts) {
    test::write_bytes(path_, "{\"n\":1}");
    EXPECT_EQ(numbers(), std::vector<std::int64_t>{1});
    append_to_journal(path_, {{"n", 2}});
    EXPECT_EQ(numbers(), (std::vector<std::int64_t>{1, 2}));
}

TEST_F(JournalTest, OtherDamageIsNamed) {
    for (const std::string damaged :
         {"{\"n\"?1}", "n", "{\"n\":1}}", "[1]", "1", "{\"n\":1}{\"n\":2}", "{\"a\":\"\xff\"}"}) {
        test::write_bytes(path_, "{\"n\":1}\n\n" + damaged + "\n{\"n\":2}\n");
        EXPECT_TRUE(fails_with(ExitCode::bad_data, path_ + ":3: ", [&] { read_journal(path_); }))
            << damaged;
    }
    const std::string deep(100'000, '[');
    test::write_bytes(path_, "{\"key\":" + deep + std::string(deep.size(), ']') + "}\n");
    EXPECT_TRUE(fails_with(ExitCode::bad_data, path_ + ":1: ", [&] { read_journal(path_); }));
    test::write_bytes(path_, std::string("\0\0\0", 3));  // what a crash of the machine may leave
    EXPECT_TRUE(fails_with(ExitCode::bad_data, path_ + ":1: ", [&] { read_journal(path_); }));
}

TEST_F(JournalTest, ReportsFilesThatCannotBeOpened) {
    const std::string nowhere = dir_.file("no/such.jsonl");
    EXPECT_TRUE(fails_with(ExitCode::no_input, nowhere, [&] { read_journal(nowhere); }));
    EXPECT_TRUE(fails_with(ExitCode::no_input, dir_.path(), [&] { read_journal(dir_.path()); }));
    for (const std::string& path : {nowhere, dir_.path(), std::string("/dev/null")}) {
        EXPECT_TRUE(fails_with(ExitCode::cannot_create, path, [&] { prepare_journal(path); }));
        EXPECT_TRUE(fails_with(ExitCode::cannot_create, path, [&] {
            append_to_journal(path, Json{{"n", 1}});
        }));
    }
}

TEST_F(JournalTest, AFullDiskLeavesNoHalfLine) {
    append_to_journal(path_, {{"n", 1}});
    const std::string before = test::read_bytes(path_);
    {
        const test::FileSizeLimit limit(before.size() + 10);
        EXPECT_TRUE(fails_with(ExitCode::io, path_, [&] {
            append_to_journal(path_, Json{{"n", 2}, {"text", std::string(100, 'x')}});
        }));
    }
    EXPECT_EQ(test::read_bytes(path_), before);
}

TEST_F(JournalTest, ProcessesAppendAtTheSameTime) {
    constexpr int kWriters = 4;
    constexpr int kLines = 50;
    for (int writer = 0; writer < kWriters; ++writer) {
        if (::fork() == 0) {
            for (int n = 0; n < kLines; ++n) {
                append_to_journal(path_, {{"n", n}, {"text", std::string(5000, 'x')}});
            }
            ::_exit(0);
        }
    }
    int status = 0;
    while (::wait(&status) > 0) EXPECT_EQ(status, 0);
    EXPECT_EQ(numbers().size(), static_cast<std::size_t>(kWriters * kLines));
}

}  // namespace
}  // namespace hogwild::io
