// Checkpoint files: what is saved comes back, whatever becomes of the newest.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "hogwild/data/error.hpp"
#include "hogwild/io/checkpoint_file.hpp"
#include "support/scratch_dir.hpp"

namespace hogwild::io {
namespace {

Checkpoint example(double iteration) {
    Checkpoint c;
    c.facts = {{"category", "CCAT"}, {"lambda", "1e-04"}};
    c.dataset_digests = {"a", "b"};
    c.options = "epochs = 3\n";
    const std::vector<double> weights{1.0, -0.0, 0x1.fffffep-3, 1e-300};
    c.state.put("weights", std::span<const double>(weights));
    c.state.put("iteration", iteration);
    c.state.put("window", std::span<const double>());
    c.ranks.resize(3);
    c.ranks[1].put("carry", std::span<const double>(weights));
    return c;
}

class CheckpointFileTest : public ::testing::Test {
protected:
    std::string path() const { return directory_.file("run.h5"); }
    std::string previous() const { return CheckpointFile::previous_path(path()); }
    static void spoil(const std::string& name) {
        const auto size = std::filesystem::file_size(name);
        std::filesystem::resize_file(name, size / 2);
    }
    test::ScratchDir directory_;
};

TEST_F(CheckpointFileTest, ComesBackAsItWas) {
    CheckpointFile(path()).save(example(5));
    EXPECT_EQ(read_checkpoint(path()), example(5));
    EXPECT_EQ(read_checkpoint(path()).fact("lambda"), "1e-04");
    EXPECT_EQ(read_checkpoint(path()).fact("none"), "");
}

TEST_F(CheckpointFileTest, NoneYet) {
    CheckpointFile::Loaded loaded;
    EXPECT_FALSE(CheckpointFile(path()).load(loaded));
    EXPECT_EQ(directory_.entries(), 0);
}

TEST_F(CheckpointFileTest, KeepsTheOneBefore) {
    EXPECT_EQ(std::filesystem::path(previous()).filename(), "run.prev.h5");
    CheckpointFile file(path());
    file.save(example(1));
    EXPECT_FALSE(std::filesystem::exists(previous()));
    file.save(example(2));
    EXPECT_EQ(read_checkpoint(previous()), example(1));
    spoil(path());
    CheckpointFile::Loaded loaded;
    CheckpointFile again(path());
    ASSERT_TRUE(again.load(loaded));
    EXPECT_EQ(loaded.checkpoint, example(1));
    EXPECT_EQ(loaded.path, previous());
    EXPECT_NE(loaded.skipped.find(path()), std::string::npos);
    again.save(example(3));  // the spoilt one must not take the place of the only whole one
    EXPECT_EQ(read_checkpoint(previous()), example(1));
    EXPECT_EQ(read_checkpoint(path()), example(3));
}

TEST_F(CheckpointFileTest, NoneWhole) {
    CheckpointFile file(path());
    file.save(example(1));
    file.save(example(2));
    spoil(path());
    spoil(previous());
    CheckpointFile::Loaded loaded;
    try {
        file.load(loaded);
        FAIL() << "was loaded";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ExitCode::bad_data);
        EXPECT_NE(std::string(error.what()).find("run.prev.h5"), std::string::npos);
    }
}

TEST(State, PacksAndChecksLengths) {
    const data::State state = example(7).state;
    EXPECT_EQ(data::State::unpack(state.pack()), state);
    EXPECT_EQ(data::State::unpack(data::State().pack()), data::State());
    std::vector<float> four(4);
    state.get("weights", std::span<float>(four));
    EXPECT_EQ(four[2], 0x1.fffffep-3F);
    std::vector<float> three(3);
    EXPECT_THROW(state.get("weights", std::span<float>(three)), Error);
    EXPECT_THROW(state.number("weights"), Error);
    EXPECT_THROW(state.array("none"), Error);
}

}  // namespace
}  // namespace hogwild::io
