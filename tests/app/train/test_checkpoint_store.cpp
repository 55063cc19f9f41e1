// Checkpoints that are damaged in content: each is refused, or the one before is taken, and none
// that is worth more is ever replaced.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "app/train/checkpoint_store.hpp"
#include "data/error.hpp"
#include "support/expect_error.hpp"
#include "support/scratch_dir.hpp"

namespace hogwild::app {
namespace {

using test::fails_with;
using test::read_bytes;
using test::write_bytes;

constexpr model::WeightShape kShape{4};
constexpr std::size_t kWeights = kShape.size();
constexpr int kRanks = 2;

void put(data::State& state, const std::string& name, std::size_t count, double value = 0.5) {
    state.put(name, std::span<const double>(std::vector<double>(count, value)));
}

/// What every strategy saves.
io::Checkpoint common(double iteration = 10.0) {
    io::Checkpoint c;
    TrainOptions options;
    options.category = "CCAT";
    c.identity = identity(options);
    c.identity.emplace_back("feature_list", "0123456789abcdef");
    c.identity.emplace_back("nodes", "1");
    c.identity.emplace_back("ranks", std::to_string(kRanks));
    c.dataset_digests = {"0123456789abcdef"};
    c.options = "epochs = 3\n";
    c.ranks.resize(kRanks);
    put(c.state, "weights", kWeights);
    c.state.put("iteration", iteration);
    c.state.put("samples", iteration * kRanks * 4);
    for (const char* name : {"train", "elapsed", "load", "evaluation"}) {
        c.state.put(std::string(name) + "_seconds", 1.5);
    }
    c.state.put("workers", kRanks);
    c.state.put("iterations_of", kRanks);
    c.state.put("batch_size", 4);
    c.state.put("learning_rate", 0.01);
    c.state.put("hot_features", 3);
    c.state.put("aggregated", 0);
    put(c.state, "stopping_window", 2);
    c.state.put("stopping_minimum", 0.25);
    return c;
}

void put_decay(data::State& state) {
    state.put("decay_exponent", 0.75);
    state.put("decay_since_sweep", 17);
    put(state, "decay_applied", 3, 0.25);
}

io::Checkpoint synchronous() {
    io::Checkpoint c = common();
    put(c.state, "current_weights", kWeights);
    put(c.state, "carry", kWeights);
    put_decay(c.state);
    return c;
}

io::Checkpoint round_robin() {
    io::Checkpoint c = common();
    put(c.state, "current_weights", kWeights);
    for (data::State& rank : c.ranks) put_decay(rank);
    return c;
}

io::Checkpoint downpour_with_mean() {
    io::Checkpoint c = common();
    put(c.vectors, "adagrad", kWeights);
    put(c.vectors, "average_sums", kWeights);
    c.state.put("average_total", 12.0);
    c.state.put("average_next", 14);
    c.state.put("stopped_early", 1);
    return c;
}

io::Checkpoint dual() {
    io::Checkpoint c = common();
    put(c.vectors, "dual_variables", 11, 0.25);
    c.state.put("dual_center", -0.5);
    return c;
}

/// Of three outputs that are trained one after another, of which one is not done.
io::Checkpoint several_outputs() {
    io::Checkpoint c = common();
    c.state.put("outputs", 3);
    c.state.put("outputs_together", 0);
    put(c.state, "weights", model::WeightShape{kShape.features, 3}.size());
    put(c.state, "output_settings", 9, 1e-4);
    c.state.put("output_epochs", std::span<const double>(std::vector<double>{7.0, 5.0, 0.0}));
    put(c.state, "output_primal", 3, 0.25);
    put(c.state, "output_dual", 3, 0.24);
    return c;
}

/// The names of arrays, so that one can be changed while going through them.
std::vector<std::string> names(const data::State& state) {
    std::vector<std::string> names;
    for (const auto& [name, values] : state.arrays()) names.push_back(name);
    return names;
}

data::State without(const data::State& state, const std::string& name) {
    data::State rest;
    for (const auto& [other, values] : state.arrays()) {
        if (other != name) rest.put(other, std::span<const double>(values));
    }
    return rest;
}

bool may_lack(const std::string& name) {
    return name == "current_weights" || name == "carry" || name == "adagrad" ||
           name == "stopping_minimum" || name == "stopped_early";
}
bool may_be_negative(const std::string& name) {
    return name == "weights" || name == "current_weights" || name == "carry" ||
           name == "stopping_minimum" || name == "stopping_window" || name == "average_sums" ||
           name == "dual_center" || name == "output_dual";
}
bool is_counter(const std::string& name) {
    return name == "iteration" || name == "samples" || name == "workers" ||
           name == "iterations_of" || name == "batch_size" || name == "hot_features" ||
           name == "average_next" || name == "outputs" || name == "outputs_together" ||
           name == "decay_since_sweep" || name == "stopped_early";
}
bool may_have_any_length(const std::string& name) {
    return name == "stopping_window" || name == "decay_applied" || name == "dual_variables";
}

/// All damages of one array that no run can have made, one at a time.
void damage(data::State& state, const std::function<void(const std::string&)>& check) {
    const data::State whole = state;
    for (const std::string& name : names(whole)) {
        const std::vector<double> values = whole.array(name);
        const auto with = [&](const std::string& what, double value) {
            std::vector<double> changed = values;
            changed.back() = value;
            state.put(name, std::span<const double>(changed));
            check(name + " " + what);
        };
        with("NaN", std::numeric_limits<double>::quiet_NaN());
        with("infinite", std::numeric_limits<double>::infinity());
        with("-infinite", -std::numeric_limits<double>::infinity());
        if (!may_be_negative(name)) with("negative", -1.0);
        if (is_counter(name)) {
            with("1e300", 1e300);
            with("2^53 + 2", 0x1p53 + 2);
            with("half", values.back() + 0.5);
        }
        if (name == "iteration" || name == "samples" || name == "workers" ||
            name == "iterations_of" || name == "hot_features") {
            with("2^53", 0x1p53);  // which no other counter agrees with
        }
        if (!may_have_any_length(name)) {
            for (const std::size_t length : {std::size_t{0}, values.size() + 1, kWeights - 1}) {
                put(state, name, length, values.back());
                check(name + " of length " + std::to_string(length));
            }
        }
        if (!may_lack(name)) {
            state = without(whole, name);
            check(name + " missing");
        }
        state = whole;
    }
    put(state, "no_such_array", 1);
    check("unknown");
    state = whole;
}

TEST(CheckpointRules, EveryDamageIsFound) {
    int damages = 0;
    for (const auto& make :
         {common, +[](double) { return synchronous(); }, +[](double) { return round_robin(); },
          +[](double) { return downpour_with_mean(); }, +[](double) { return dual(); },
          +[](double) { return several_outputs(); }}) {
        io::Checkpoint c = make(10.0);
        ASSERT_NO_THROW(check_checkpoint(c, kShape));
        const auto check = [&](const std::string& what) {
            ++damages;
            EXPECT_TRUE(fails_with(ExitCode::bad_data, "", [&] { check_checkpoint(c, kShape); }))
                << what;
        };
        damage(c.state, check);
        damage(c.vectors, check);
        for (data::State& rank : c.ranks) damage(rank, check);
        ASSERT_NO_THROW(check_checkpoint(c, kShape));
    }
    EXPECT_GT(damages, 500);
}

TEST(CheckpointRules, FactsAreThoseOfARun) {
    for (std::size_t k = 0; k < common().identity.size(); ++k) {
        io::Checkpoint c = common();
        const std::string& name = c.identity[k].first;
        if (name == "class-weight" || name == "feature-scaling") continue;  // newer than some
        c.identity.erase(c.identity.begin() + static_cast<std::ptrdiff_t>(k));
        EXPECT_TRUE(
            fails_with(ExitCode::bad_data, "identity", [&] { check_checkpoint(c, kShape); }));
    }
    for (const char* ranks : {"", "0", "-2", "3", "2.0", "2x", " 2", "99999999999999999999"}) {
        io::Checkpoint c = common();
        c.identity.back().second = ranks;
        EXPECT_TRUE(fails_with(ExitCode::bad_data, "", [&] { check_checkpoint(c, kShape); }))
            << ranks;
    }
    io::Checkpoint c = common();
    c.identity.emplace_back("colour", "red");
    EXPECT_TRUE(fails_with(ExitCode::bad_data, "identity", [&] { check_checkpoint(c, kShape); }));
}

class CheckpointStoreTest : public testing::Test {
protected:
    std::string path() const { return dir_.file("run.h5"); }
    std::string previous() const { return io::CheckpointFile::previous_path(path()); }
    CheckpointStore store(const std::string& lambda = "1e-4") const {
        io::Checkpoint own = of_lambda(0, lambda);
        return {path(), standing_of(own).training, kShape};
    }
    /// Of a training with another lambda, another one.
    static io::Checkpoint of_lambda(double iteration, const std::string& lambda) {
        io::Checkpoint c = common(iteration);
        for (auto& [name, value] : c.identity) {
            if (name == "lambda") value = lambda;
        }
        return c;
    }
    void run(std::initializer_list<double> iterations, const std::string& lambda = "1e-4") {
        CheckpointStore fresh = store(lambda);
        fresh.open(false);
        for (const double iteration : iterations) fresh.save(of_lambda(iteration, lambda));
    }
    static double iteration_of(const std::string& file) {
        return io::read_checkpoint(file).state.number("iteration");
    }
    test::ScratchDir dir_;
};

TEST_F(CheckpointStoreTest, FallsBackToThePreviousCheckpoint) {
    io::CheckpointFile file(path());
    file.save(of_lambda(5, "1e-4"), false);
    io::Checkpoint wrong = of_lambda(6, "1e-4");
    wrong.state.put("samples", -1.0);
    file.save(wrong, true);
    CheckpointStore again = store();
    const auto found = again.open(true);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->state.number("iteration"), 5.0);
    EXPECT_EQ(again.opened(), previous());
    EXPECT_NE(again.note().find("'samples' cannot be -1"), std::string::npos) << again.note();
    EXPECT_EQ(iteration_of(path()), 5.0);
    again.save(of_lambda(7, "1e-4"));
    EXPECT_EQ(iteration_of(previous()), 5.0);
    EXPECT_EQ(iteration_of(path()), 7.0);
}

TEST_F(CheckpointStoreTest, RefusesToResumeFromDamagedFiles) {
    io::Checkpoint wrong = of_lambda(6, "1e-4");
    wrong.state.put("iteration", std::nan(""));
    io::CheckpointFile(path()).save(of_lambda(6, "1e-4"), false);
    EXPECT_TRUE(fails_with(ExitCode::bad_data, "'iteration'", [&] { store().save(wrong); }));
    wrong = of_lambda(6, "1e-4");
    put(wrong.state, "weights", kWeights - 1);
    io::CheckpointFile(path()).save(wrong, false);
    EXPECT_TRUE(fails_with(ExitCode::bad_data, "start anew", [&] { store().open(true); }));
    EXPECT_TRUE(fails_with(ExitCode::bad_data, "'weights' has 4 numbers, not 5",
                           [&] { store().open(true); }));
}

TEST_F(CheckpointStoreTest, HasMoreWeightsOnlyForFeaturesOfTheInitialModel) {
    io::Checkpoint wide = synchronous();
    wide.identity = of_lambda(0, "1e-4").identity;
    for (const char* name : {"weights", "current_weights", "carry"}) {
        put(wide.state, name, kWeights + 2);
    }
    io::CheckpointFile(path()).save(wide, false);
    EXPECT_TRUE(fails_with(ExitCode::bad_data, "'weights' has 7 numbers, not 5",
                           [&] { store().open(true); }));
    const auto save_with = [&](std::vector<double> columns) {
        wide.state.put("initial_features", 100.0);
        wide.state.put("initial_columns", std::span<const double>(columns));
        io::CheckpointFile(path()).save(wide, false);
    };
    save_with({7.0, 99.0});
    EXPECT_EQ(store().open(true)->state.array("weights").size(), kWeights + 2);
    save_with({99.0, 7.0});
    EXPECT_TRUE(fails_with(ExitCode::bad_data, "ascend", [&] { store().open(true); }));
    save_with({7.0, 100.0});
    EXPECT_TRUE(fails_with(ExitCode::bad_data, "exceed", [&] { store().open(true); }));
    save_with({7.0, 99.0});
    put(wide.state, "carry", kWeights + 1);
    io::CheckpointFile(path()).save(wide, false);
    EXPECT_TRUE(fails_with(ExitCode::bad_data, "carry", [&] { store().open(true); }));
}

// Programs without --class-weight wrote none.
TEST_F(CheckpointStoreTest, AnOlderOneHadNoClassWeights) {
    io::Checkpoint old = of_lambda(5, "1e-4");
    std::erase_if(old.identity, [](const auto& entry) { return entry.first == "class-weight"; });
    ASSERT_NO_THROW(check_checkpoint(old, kShape));
    EXPECT_EQ(standing_of(old).training, standing_of(of_lambda(5, "1e-4")).training);
    io::CheckpointFile(path()).save(old, false);
    EXPECT_TRUE(store().open(true));
}

TEST_F(CheckpointStoreTest, AnEarlierRunIsKeptUntilThisOneIsAsFar) {
    run({30, 40});
    const std::string old = read_bytes(path());
    CheckpointStore fresh = store();
    EXPECT_FALSE(fresh.open(false));
    EXPECT_NE(fresh.note().find("320 documents"), std::string::npos) << fresh.note();
    for (const double iteration : {1.0, 2.0, 39.0, 40.0}) {
        fresh.save(of_lambda(iteration, "1e-4"));
        EXPECT_TRUE(read_bytes(previous()) == old) << iteration;
        EXPECT_EQ(iteration_of(path()), iteration);
    }
    for (const double iteration : {41.0, 42.0, 43.0}) fresh.save(of_lambda(iteration, "1e-4"));
    EXPECT_EQ(iteration_of(previous()), 42.0);
}

TEST_F(CheckpointStoreTest, ARunThatIsResumedKeepsItToo) {
    run({40});
    const std::string old = read_bytes(path());
    run({1, 2});
    CheckpointStore again = store();
    EXPECT_EQ(again.open(true)->state.number("iteration"), 2.0);
    again.save(of_lambda(3, "1e-4"));
    again.save(of_lambda(4, "1e-4"));
    EXPECT_TRUE(read_bytes(previous()) == old);
    run({1, 2, 3});  // once more from the beginning
    EXPECT_TRUE(read_bytes(previous()) == old);
}

TEST_F(CheckpointStoreTest, AnotherTrainingIsKeptForGood) {
    run({2});
    const std::string old = read_bytes(path());
    run({10, 20, 30}, "0.1");
    EXPECT_TRUE(read_bytes(previous()) == old);
    EXPECT_EQ(iteration_of(path()), 30.0);
    EXPECT_TRUE(fails_with(ExitCode::cannot_create, "two other trainings",
                           [&] { store("0.5").open(false); }));
    EXPECT_TRUE(store("0.1").open(true));
}

TEST_F(CheckpointStoreTest, FilesOfOtherKindsAreNotReplaced) {
    for (const std::string& name : {path(), previous()}) {
        write_bytes(name, "the only copy of somebody's thesis");
        EXPECT_TRUE(fails_with(ExitCode::cannot_create, name, [&] { store().open(false); }));
        EXPECT_TRUE(fails_with(ExitCode::bad_data, name, [&] { store().open(true); }));
        std::filesystem::remove(name);
    }
    run({1, 2});
    write_bytes(path(), "the only copy of somebody's thesis");
    EXPECT_TRUE(fails_with(ExitCode::bad_data, path(), [&] { store().open(true); }));
}

TEST_F(CheckpointStoreTest, KilledBetweenTheTwoRenames) {
    run({1, 2});
    std::filesystem::rename(path(), previous());
    write_bytes(dir_.file("run.h5.part"), "whatever");
    CheckpointStore again = store();
    EXPECT_EQ(again.open(true)->state.number("iteration"), 2.0);
    again.save(of_lambda(3, "1e-4"));
    EXPECT_EQ(iteration_of(previous()), 2.0);
    EXPECT_EQ(iteration_of(path()), 3.0);
}

}  // namespace
}  // namespace hogwild::app
