#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "app/train/train_options.hpp"
#include "cli/option_parser.hpp"
#include "data/error.hpp"
#include "support/expect_error.hpp"

namespace hogwild::app {
namespace {

/// The value that a configuration file gives to an option; "refused" if check_ini rejects it.
std::string round_trip(const std::string& value) {
    const TrainOptions given =
        parse_train_options({"--train=t.h5", "--category=" + value, "--test=" + value});
    try {
        check_ini(given.effective);
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ExitCode::usage);
        const std::string what = error.what();
        EXPECT_NE(what.find("--test"), std::string::npos) << what;  // the first that holds it
        EXPECT_EQ(what.find('\n'), std::string::npos) << what;
        return "refused";
    }
    const TrainOptions read = parse_train_options({}, given.effective_ini());
    EXPECT_EQ(read.effective, given.effective);
    EXPECT_EQ(read.test, std::vector<std::string>{value});
    return read.category;
}

TEST(IniFile, HoldsAValueAsItIsOrRefusesIt) {
    for (const std::string value :
         {"CCAT",  "a b",   "a=b", "=",        "==x",  "a;b", ";",         "'q'",
          "\"q\"", "\"",    "\\",  "a\\n",     "%",    "%20", "[section]", "[",
          "]x",    "größe", "a,b", "../a b/c", "a\tb", "-x",  "--train",   "train = x"}) {
        EXPECT_EQ(round_trip(value), value);
    }
    for (const std::string value :
         {"C#", "#", "#C", "C #1", " C", "C ", "\tC", "C\t", "C\n", "\nC", "C\nlambda = 9", "C\r",
          "a\nb", " ", "\n", "C\n#", "C\n[x]", "C\n\n"}) {
        EXPECT_EQ(round_trip(value), "refused") << value;
    }
}

TEST(IniFile, HoldsRandomValuesAsTheyAreOrRefusesThem) {
    const std::string alphabet = "aC1 \t\n\r#;=\"'\\%[]{}$,.-/\v\f\x01\x7f\xe9";
    std::mt19937 draw(7);
    int held = 0;
    for (int i = 0; i < 3000; ++i) {
        std::string value;
        for (auto length = 1 + draw() % 6; length > 0; --length) {
            value += alphabet[draw() % alphabet.size()];
        }
        const std::string read = round_trip(value);
        if (read == "refused") continue;
        EXPECT_EQ(read, value);
        ++held;
    }
    EXPECT_GT(held, 500);
    EXPECT_LT(held, 2500);
}

TEST(IniFile, KeepsListsAndNumbers) {
    const TrainOptions given =
        parse_train_options({"--train", "t.h5", "--test", "a b", "c=d", "--lambda", "1e-310",
                             "--learning-rate", "0.1", "--epochs", "3"});
    check_ini(given.effective);
    const TrainOptions read = parse_train_options({}, given.effective_ini());
    EXPECT_EQ(read.effective, given.effective);
    EXPECT_EQ(read.test, (std::vector<std::string>{"a b", "c=d"}));
    EXPECT_EQ(read.lambda, 1e-310);
}

TEST(IniFile, CommentsStandBehindBlanks) {
    const TrainOptions read = parse_train_options(
        {}, "# of all\ntrain = t.h5 # the data\ncategory = C15\t#\n  # indented\nepochs = 3\n");
    EXPECT_EQ(read.train, "t.h5");
    EXPECT_EQ(read.category, "C15");
    EXPECT_EQ(read.epochs, 3);
}

TEST(IniFile, ACommentThatWouldCutAValueIsRefused) {
    EXPECT_TRUE(test::fails_with(ExitCode::usage, "configuration:2:", [] {
        parse_train_options({}, "train = t.h5\ncategory = C#\n");
    }));
}

}  // namespace
}  // namespace hogwild::app
