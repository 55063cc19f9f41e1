// Checkpoint files: what is saved comes back, whatever becomes of the newest.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "data/error.hpp"
#include "io/checkpoint_file.hpp"
#include "support/expect_error.hpp"
#include "support/hdf5_edit.hpp"
#include "support/scratch_dir.hpp"

namespace hogwild::io {
namespace {

Checkpoint example(double iteration) {
    Checkpoint c;
    c.identity = {{"category", "CCAT"}, {"lambda", "1e-04"}};
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
    test::ScratchDir directory_;
};

TEST_F(CheckpointFileTest, ReadsTheCheckpointThatWasWritten) {
    CheckpointFile(path()).save(example(5), false);
    EXPECT_EQ(read_checkpoint(path()), example(5));
    EXPECT_EQ(read_checkpoint(path()).identity_of("lambda"), "1e-04");
    EXPECT_EQ(read_checkpoint(path()).identity_of("none"), "");
}

TEST_F(CheckpointFileTest, KeepsThePreviousCheckpoint) {
    EXPECT_EQ(std::filesystem::path(previous()).filename(), "run.prev.h5");
    CheckpointFile file(path());
    EXPECT_EQ(directory_.entries(), 0);
    file.save(example(1), false);
    EXPECT_FALSE(std::filesystem::exists(previous()));
    file.save(example(2), true);
    EXPECT_EQ(read_checkpoint(previous()), example(1));
    file.save(example(3), false);
    EXPECT_EQ(read_checkpoint(previous()), example(1));
    EXPECT_EQ(read_checkpoint(path()), example(3));
}

TEST_F(CheckpointFileTest, RecognisesWhatIsAtAPath) {
    EXPECT_EQ(look_for_checkpoint(path()), Found::nothing);
    EXPECT_EQ(look_for_checkpoint(directory_.path()), Found::foreign);
    CheckpointFile(path()).save(example(1), false);
    EXPECT_EQ(look_for_checkpoint(path()), Found::checkpoint);
    const std::string bytes = test::read_bytes(path());
    test::write_bytes(path(), bytes.substr(0, bytes.size() / 2));
    EXPECT_EQ(look_for_checkpoint(path()), Found::damaged);
    test::write_bytes(path(), "??" + bytes.substr(2));
    EXPECT_EQ(look_for_checkpoint(path()), Found::damaged);
    test::write_bytes(path(), "");
    EXPECT_EQ(look_for_checkpoint(path()), Found::damaged);
    test::write_bytes(path(), "text");
    EXPECT_EQ(look_for_checkpoint(path()), Found::foreign);
    std::filesystem::remove(path());
    test::Hdf5Edit::create(path());
    EXPECT_EQ(look_for_checkpoint(path()), Found::foreign);
}

TEST_F(CheckpointFileTest, RefusesClaimsThatTheFileDoesNotHold) {
    const auto refused = [&](const std::string& says, auto&& change) {
        Checkpoint c = example(1);
        c.identity.emplace_back("ranks", "3");
        CheckpointFile(path()).save(c, false);
        {
            const test::Hdf5Edit edit(path());
            change(edit.id());
        }
        EXPECT_TRUE(test::fails_with(ExitCode::bad_data, says, [&] { read_checkpoint(path()); }));
    };
    refused("claims 1125899906842624 elements", [](hid_t file) {
        const hid_t dataset = H5Dopen2(file, "state/weights", H5P_DEFAULT);
        const hsize_t many = hsize_t{1} << 50;
        EXPECT_GE(H5Dset_extent(dataset, &many), 0);
        H5Dclose(dataset);
    });
    const auto integer = [](hid_t file, const char* name, std::int64_t value) {
        const hid_t attribute = H5Aopen(file, name, H5P_DEFAULT);
        EXPECT_GE(H5Awrite(attribute, H5T_NATIVE_INT64, &value), 0);
        H5Aclose(attribute);
    };
    for (const std::int64_t ranks : {std::int64_t{-1}, std::int64_t{0}, std::int64_t{1} << 40}) {
        refused("ranks", [&](hid_t file) { integer(file, "ranks", ranks); });
    }
    refused("'carry' has 3 numbers, not 4", [&](hid_t file) { integer(file, "ranks", 4); });
    refused("version 1", [&](hid_t file) { integer(file, "version", 1); });
    refused("is missing",
            [](hid_t file) { EXPECT_GE(H5Ldelete(file, "state/iteration", H5P_DEFAULT), 0); });
    refused("is missing", [](hid_t file) { EXPECT_GE(H5Adelete(file, "fact_lambda"), 0); });
}

TEST_F(CheckpointFileTest, RefusesLongOrMultilineNamesAndFacts) {
    const std::vector<std::string> names{"", "../state", "a/b", "a b", "A\n", std::string(65, 'a')};
    for (const std::string& name : names) {
        Checkpoint c = example(1);
        c.identity.emplace_back(name, "x");
        EXPECT_THROW(CheckpointFile(path()).save(c, false), Error) << name;
    }
    const std::vector<std::string> values{"1\n2", "\x1b[2J", "\x7f", std::string(5000, 'x')};
    for (const std::string& value : values) {
        Checkpoint c = example(1);
        c.identity.front().second = value;
        EXPECT_TRUE(test::fails_with(ExitCode::bad_data, "not one line", [&] {
            CheckpointFile(path()).save(c, false);
        })) << value;
    }
    Checkpoint c = example(1);
    for (int k = 0; k < 1000; ++k) c.identity.emplace_back("fact" + std::to_string(k), "x");
    EXPECT_TRUE(test::fails_with(ExitCode::bad_data, "not a list of names",
                                 [&] { CheckpointFile(path()).save(c, false); }));
    EXPECT_EQ(directory_.entries(), 0) << "nothing is left of what could not be read back";
}

TEST_F(CheckpointFileTest, SizeDoesNotGrowWithTheRanks) {
    const auto size_of = [&](std::size_t ranks) {
        Checkpoint c = example(1);
        c.ranks.assign(ranks, data::State());
        for (data::State& rank : c.ranks) rank.put("decay_exponent", 0.5);
        CheckpointFile(path()).save(c, false);
        return std::filesystem::file_size(path());
    };
    EXPECT_LT(size_of(64) - size_of(1), 64 * 100U);
}

TEST(State, PacksAndChecksLengths) {
    const data::State state = example(7).state;
    EXPECT_EQ(data::State::unpack(state.pack()), state);
    EXPECT_EQ(data::State::unpack(data::State().pack()), data::State());
    const std::vector<data::State> several{state, data::State(), example(8).state};
    EXPECT_EQ(data::State::unpack_all(data::State::pack_all(several)), several);
    EXPECT_THROW(data::State::unpack(data::State::pack_all(several)), Error);
    std::vector<float> four(4);
    state.get("weights", std::span<float>(four));
    EXPECT_EQ(four[2], 0x1.fffffep-3F);
    std::vector<float> three(3);
    EXPECT_THROW(state.get("weights", std::span<float>(three)), Error);
    EXPECT_THROW(state.number("weights"), Error);
    EXPECT_THROW(state.array("none"), Error);
}

TEST(State, UnpacksNothingBeyondTheEnd) {
    const std::string bytes = example(7).state.pack();
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        EXPECT_TRUE(test::fails_with(ExitCode::bad_data, size == 0 ? "not 0" : "ends too early",
                                     [&] { data::State::unpack(bytes.substr(0, size)); }));
    }
}

/// Lengths that are not there, and types that are none: an error or other numbers, no crash.
TEST(State, SurvivesEveryFlippedBit) {
    const std::string bytes = example(7).state.pack();
    for (std::size_t bit = 0; bit < 8 * std::min<std::size_t>(bytes.size(), 600); ++bit) {
        std::string flipped = bytes;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
        try {
            EXPECT_NE(data::State::pack_all(data::State::unpack_all(flipped)), bytes);
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), ExitCode::bad_data);
        }
    }
    std::string huge("\xa1\x61w\x5b", 4);  // "w": a byte string of 2^62 bytes
    huge += std::string("\x40\0\0\0\0\0\0\0", 8);
    EXPECT_TRUE(test::fails_with(ExitCode::bad_data, "ends too early",
                                 [&] { data::State::unpack_all(huge); }));
}

}  // namespace
}  // namespace hogwild::io
