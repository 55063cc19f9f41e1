#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "app/sweep/sweep_state.hpp"
#include "app/train/train_options.hpp"
#include "data/error.hpp"
#include "mpi/communicators.hpp"
#include "support/expect_error.hpp"

namespace hogwild::app {
namespace {

TrainOptions parsed(std::vector<std::string> arguments, const std::string& ini = {}) {
    arguments.insert(arguments.begin(), {"--train", "t.h5"});
    return parse_train_options(arguments, ini);
}

std::string setting(const TrainOptions& options, const std::string& name) {
    for (const auto& [key, value] : options.effective) {
        if (key == name) return value;
    }
    return "not there";
}

TEST(TrainOptions, ParseNamedValues) {
    const TrainOptions o = parsed(
        {"--loss",      "logistic", "--regularizer",    "l2",      "--bias",     "off",
         "--precision", "float",    "--schedule",       "inverse", "--sampling", "permutation",
         "--combine",   "elastic",  "--server-update",  "adagrad", "--meters",   "off",
         "--balance",   "nonzeros", "--regularization", "exact"});
    EXPECT_EQ(o.loss, model::LossKind::logistic);
    EXPECT_EQ(o.regularizer, model::Regularizer::l2);
    EXPECT_EQ(o.bias, data::Switch::off);
    EXPECT_EQ(o.precision, train::Precision::single_);
    EXPECT_EQ(o.schedule, model::StepSchedule::Kind::inverse);
    EXPECT_EQ(o.sampling, train::Sampler::Kind::permutation);
    EXPECT_EQ(o.combine, train::Combine::elastic);
    EXPECT_EQ(o.server_update, ServerUpdate::adagrad);
    EXPECT_EQ(o.meters, data::Switch::off);
    EXPECT_EQ(o.balance, Balance::nonzeros);
    EXPECT_EQ(o.regularization, Regularization::exact);
}

TEST(TrainOptions, RegularizationDefaultsToWhatPrecisionAndRegularizerAllow) {
    EXPECT_EQ(parsed({"--preset", "paper"}).regularization, Regularization::exact);
    EXPECT_EQ(parsed({"--preset", "paper", "--precision", "float"}).regularization,
              Regularization::aggregated);
    EXPECT_EQ(parsed({"--precision", "float", "--regularizer", "none"}).regularization,
              Regularization::exact);
    EXPECT_EQ(setting(parsed({"--preset", "paper", "--precision", "float"}), "regularization"),
              "aggregated");
}

TEST(TrainOptions, WithoutAWordOnHowToTrainTheDataDecide) {
    const TrainOptions one = parse_train_options({"--train", "t.h5"});
    EXPECT_EQ(one.preset, Preset::automatic);
    EXPECT_TRUE(one.strategy->is_dual);
    EXPECT_FALSE(one.lambda.has_value());
    EXPECT_EQ(one.gap, 1e-3);
    EXPECT_EQ(one.combine, train::Combine::dual) << "on several nodes";
    const TrainOptions other = parsed({"--preset", "auto", "--strategy", "lock-free"});
    EXPECT_EQ(other.epochs, 28);
    EXPECT_EQ(other.combine, train::Combine::mean);
    EXPECT_FALSE(other.lambda || other.learning_rate);
    const TrainOptions said =
        parsed({"--preset", "auto", "--strategy", "locked", "--iterations", "9"});
    EXPECT_EQ(said.epochs, 0);
    EXPECT_EQ(said.iterations, 9);
}

TEST(TrainOptions, WordsLeaveNumbersEmpty) {
    const TrainOptions words =
        parsed({"--learning-rate", "auto", "--hot-features", "auto", "--merge-every", "auto",
                "--exchange-every", "auto", "--replicas-per-node", "numa"});
    EXPECT_FALSE(words.learning_rate || words.hot_features || words.merge_every ||
                 words.exchange_every || words.replicas_per_node);
    EXPECT_EQ(words.replica_count(), mpi::Communicators::kPerNumaDomain);
    const TrainOptions numbers =
        parsed({"--learning-rate", "1e-1", "--hot-features", "0", "--merge-every", "9",
                "--exchange-every", "100", "--replicas-per-node", "2", "--regularizer", "none"});
    EXPECT_EQ(numbers.learning_rate, 0.1);
    EXPECT_EQ(setting(numbers, "learning-rate"), "0.1");  // whatever the user wrote
    EXPECT_EQ(numbers.hot_features, 0);
    EXPECT_EQ(numbers.merge_every, 9);
    EXPECT_EQ(numbers.exchange_plan().every, 100);
    EXPECT_EQ(numbers.exchange_plan().format, train::ExchangeFormat::automatic);
    EXPECT_FALSE(numbers.exchange_plan().bfloat16);
    const train::ExchangePlan plan =
        parsed({"--exchange-format", "sparse", "--exchange-precision", "bfloat16"}).exchange_plan();
    EXPECT_EQ(plan.format, train::ExchangeFormat::sparse);
    EXPECT_TRUE(plan.bfloat16);
    EXPECT_EQ(numbers.replica_count(), 2);
}

TEST(TrainOptions, RefuseWhatIsNeitherWordNorNumber) {
    const auto refused = [](const std::string& option, const std::string& value,
                            const std::string& says) {
        return test::fails_with(ExitCode::usage, option + " " + value + ": " + says,
                                [&] { parsed({option + "=" + value}); });
    };
    for (const std::string wrong : {"0", "-1", "nan", "inf", "1x", "Auto"}) {
        EXPECT_TRUE(refused("--learning-rate", wrong, "auto, or a finite number above 0")) << wrong;
    }
    EXPECT_TRUE(refused("--merge-every", "0", "auto, or a whole number from 1 on"));
    EXPECT_TRUE(refused("--hot-features", "-1", "auto, or a whole number from 0 on"));
    EXPECT_TRUE(refused("--replicas-per-node", "1.5", "numa, or a whole number from 1 on"));
    EXPECT_TRUE(refused("--schedule", "linear", "choose one of constant, inverse, decay"));
    EXPECT_TRUE(refused("--loss", "hing", "did you mean hinge?"));
}

TEST(TrainOptions, RefuseTwoValuesOfOneOption) {
    for (const char* const option : {"--epochs", "--lambda", "--loss", "--threshold"}) {
        const std::string value = std::string(option) == "--loss" ? "hinge" : "1";
        EXPECT_TRUE(test::fails_with(ExitCode::usage, option, [&] {
            parsed({option, value, option, value});
        })) << option;
    }
    EXPECT_EQ(parsed({"--lambda", "0.5"}, "lambda = 0.25\n").lambda, 0.5);
}

TEST(TrainOptions, LookUpTheStrategyOnce) {
    EXPECT_EQ(parsed({"--preset", "paper"}).strategy, &train::default_strategy());
    EXPECT_EQ(setting(parsed({"--preset", "paper"}), "strategy"), "lock-free");
    EXPECT_EQ(setting(parsed({}), "strategy"), "dual") << "nothing is said of how to train";
    for (const train::StrategyInfo* const info : train::strategies()) {
        for (const TrainOptions& o : {parsed({"--strategy", info->name}),
                                      parsed({}, std::string("strategy = ") + info->name + "\n")}) {
            EXPECT_EQ(o.strategy, info);
            EXPECT_EQ(setting(o, "strategy"), info->name);  // which log, model and sweep keep
            EXPECT_EQ(o.effective_json()["strategy"], info->name);
        }
    }
    EXPECT_TRUE(test::fails_with(ExitCode::usage, "did you mean lock-free?",
                                 [] { parsed({"--strategy=lock-fre"}); }));
}

TEST(TrainOptions, UnderstandOtherNamesOfValues) {
    const TrainOptions o =
        parsed({"--regularizer", "document-degree", "--schedule", "exponential"});
    EXPECT_EQ(o.regularizer, model::Regularizer::seed);
    EXPECT_EQ(o.schedule, model::StepSchedule::Kind::decay);
    // one setting, however it was called: logs, sweeps and checkpoints compare these
    EXPECT_EQ(setting(o, "regularizer"), "seed");
    EXPECT_EQ(setting(o, "schedule"), "decay");
    EXPECT_EQ(parsed({"--regularizer=feature-degree"}).regularizer, model::Regularizer::hogwild);
}

TEST(TrainOptions, UnderstandOlderNamesOfOptions) {
    const std::vector<std::string> by_line = {"--private-features", "7", "--windows-per-node=2",
                                              "--regularizer", "none"};
    const std::string ini =
        "regularizer = none\n # comment\n private-features\t= 7\nwindows-per-node=2\n";
    for (const TrainOptions& o : {parsed(by_line), parsed({}, ini)}) {
        EXPECT_EQ(o.hot_features, 7);
        EXPECT_EQ(o.replicas_per_node, 2);
        EXPECT_EQ(setting(o, "hot-features"), "7");
        EXPECT_EQ(setting(o, "replicas-per-node"), "2");
        EXPECT_EQ(setting(o, "private-features"), "not there");
    }
    EXPECT_EQ(present_setting_name("windows-per-node"), "replicas-per-node");
    EXPECT_EQ(present_setting_name("loss"), "loss");
    EXPECT_EQ(present_setting_name("of no program"), "of no program");
}

/// Sweeps of an older program are not trained again.
TEST(SweepState, FindsTrainingsUnderOlderNamesOfOptions) {
    const DatasetDigests digests{"a", {"b"}, {}};
    const std::string key = training_key(parsed({}), 2, digests);
    std::string old = key;
    const std::string now = "hot-features";
    ASSERT_NE(old.find(now), std::string::npos);
    old.replace(old.find(now), now.size(), "private-features");
    SweepState state;
    state.add({{"key", nlohmann::json::parse(old)},
               {"verdict", "VALID"},
               {"exit_code", 0},
               {"program", "old"}},
              "here");
    EXPECT_NE(state.find(key), nullptr);
}

}  // namespace
}  // namespace hogwild::app
