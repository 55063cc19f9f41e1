#include <gtest/gtest.h>

#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "io/run_log.hpp"
#include "support/expect_error.hpp"
#include "support/scratch_dir.hpp"

namespace hogwild::io {
namespace {

using nlohmann::ordered_json;
using test::fails_with;
using test::read_bytes;

class RunLogFile : public testing::Test {
protected:
    std::vector<std::string> lines() const {
        std::istringstream text(read_bytes(path_));
        std::vector<std::string> result;
        for (std::string line; std::getline(text, line);) result.push_back(line);
        return result;
    }
    /// A line without its time, which is checked.
    static std::string without_time(const std::string& line) {
        static const std::regex kTime(
            R"("time":"20\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-6]\d\.\d{3}Z",?)");
        EXPECT_TRUE(std::regex_search(line, kTime)) << line;
        return std::regex_replace(line, kTime, "");
    }
    test::ScratchDir dir_;
    std::string path_ = dir_.file("run.jsonl");
};

TEST_F(RunLogFile, OneObjectPerLineInTheOrderOfItsKeys) {
    RunLog log(path_);
    log.write({{"event", "start"}, {"seed", 1}, {"alpha", 0.5}});
    log.write({{"event", "result"}, {"verdict", "two\nlines \"quoted\" µ"}});
    log.close();
    const std::vector<std::string> read = lines();
    ASSERT_EQ(read.size(), 2U);
    EXPECT_EQ(without_time(read[0]), R"({"event":"start","seed":1,"alpha":0.5})");
    EXPECT_EQ(read[0].find(R"("time":)"), std::string(R"({"event":"start",)").size());
    EXPECT_EQ(ordered_json::parse(read[1]).at("verdict"), "two\nlines \"quoted\" µ");
    EXPECT_EQ(read_bytes(path_).back(), '\n');
}

TEST_F(RunLogFile, WritesNonFiniteNumbersAsNull) {
    RunLog log(path_);
    log.write({{"a", std::numeric_limits<double>::quiet_NaN()},
               {"b", std::numeric_limits<double>::infinity()},
               {"c", -std::numeric_limits<double>::infinity()},
               {"d", nullptr},
               {"e", 0.1}});
    log.close();
    EXPECT_EQ(without_time(lines().at(0)), R"({"a":null,"b":null,"c":null,"d":null,"e":0.1})");
}

TEST_F(RunLogFile, DoublesComeBackToTheBit) {
    const double value = 0.1 + 0.2;
    RunLog log(path_);
    log.write({{"x", value}, {"n", std::numeric_limits<std::int64_t>::max()}});
    const ordered_json read = ordered_json::parse(lines().at(0));
    EXPECT_EQ(read.at("x").get<double>(), value);
    EXPECT_EQ(read.at("n").get<std::int64_t>(), std::numeric_limits<std::int64_t>::max());
}

TEST_F(RunLogFile, FlushesEveryLine) {
    RunLog log(path_);
    for (std::size_t k = 1; k <= 3; ++k) {
        log.write({{"k", k}});
        EXPECT_EQ(lines().size(), k) << "before close()";
    }
}

TEST_F(RunLogFile, ReplacesAnOlderFile) {
    test::write_bytes(path_, std::string(5000, 'x') + "\nold\n");
    {
        RunLog log(path_);
        log.write({{"new", true}});
    }
    EXPECT_EQ(without_time(read_bytes(path_)), "{\"new\":true}\n");
}

TEST_F(RunLogFile, TextThatIsNotUtf8IsReplacedAndNoError) {
    RunLog log(path_);
    EXPECT_NO_THROW(log.write({{"path", "caf\xe9.h5"}}));
    EXPECT_TRUE(ordered_json::accept(lines().at(0))) << lines().at(0);
}

TEST_F(RunLogFile, WhereNoFileCanBeMadeThereIsNoLog) {
    EXPECT_TRUE(fails_with(ExitCode::cannot_create, "nowhere/run.jsonl: No such file",
                           [&] { RunLog(dir_.file("nowhere/run.jsonl")); }));
    EXPECT_TRUE(fails_with(ExitCode::cannot_create, "directory", [&] { RunLog(dir_.path()); }));
}

TEST_F(RunLogFile, ReportsFullDiskAsIoError) {
    if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full";
    RunLog log("/dev/full");
    EXPECT_TRUE(fails_with(ExitCode::io, "/dev/full: No space left", [&] {
        log.write({{"event", "start"}});
    }));
}

TEST_F(RunLogFile, GoesOnlyOnWithRowsOfALog) {
    const auto keep_all = [](const ordered_json&) { return true; };
    const std::string row = R"({"event":"evaluation","iteration":3})";
    for (const std::string other :
         {"5", "[]", "null", "{}", R"({"event":5})", R"({"event":"evaluation","iteration":"x"})",
          R"({"event":"evaluation","iteration":1.5})", "lambda = 0.1", R"({"event":"sta)"}) {
        const std::string text = row + "\n\n" + other + "\n" + row + "\n";
        test::write_bytes(path_, text);
        EXPECT_TRUE(fails_with(ExitCode::bad_data, path_ + ":3: ", [&] {
            RunLog(path_, keep_all);
        })) << other;
        EXPECT_EQ(read_bytes(path_), text);
    }
    test::write_bytes(path_, row + "\n" + R"({"event":"sta)");  // killed while it was written
    RunLog(path_, keep_all).close();
    EXPECT_EQ(lines(), std::vector<std::string>{row});
}

}  // namespace
}  // namespace hogwild::io
