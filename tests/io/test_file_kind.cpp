/// What existing files are taken for.
#include <gtest/gtest.h>
#include <hdf5.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <vector>

#include "io/checkpoint_file.hpp"
#include "io/file_kind.hpp"
#include "io/model_file.hpp"
#include "io/pending_file.hpp"
#include "support/hdf5_edit.hpp"
#include "support/scratch_dir.hpp"
#include "support/toy_dataset.hpp"

namespace hogwild::io {
namespace {

namespace fs = std::filesystem;

class FileKindTest : public testing::Test {
protected:
    FileKind kind_of_text(const std::string& bytes) const {
        test::write_bytes(path_, bytes);
        return file_kind(path_);
    }

    test::ScratchDir dir_;
    std::string path_ = dir_.file("file");
};

TEST_F(FileKindTest, RecognisesOurHdf5FilesBySchema) {
    test::write_toy(path_, 5, true);
    EXPECT_EQ(file_kind(path_), FileKind::dataset);
    PendingFile pending(dir_.file("m.h5"));
    Model model;
    model.set_all_weights({1.0});
    model.dataset_digests = {"0"};
    model.metrics = {{"test_accuracy", 1.0}};
    write_model(pending, model);
    EXPECT_EQ(file_kind(dir_.file("m.h5")), FileKind::model);
    Checkpoint checkpoint;
    checkpoint.ranks.resize(1);
    CheckpointFile(dir_.file("c.h5")).save(checkpoint, false);
    EXPECT_EQ(file_kind(dir_.file("c.h5")), FileKind::checkpoint);
    {
        const test::Hdf5Edit edit(dir_.file("c.h5"));
        EXPECT_GE(H5Adelete(edit.id(), "schema"), 0);
    }
    EXPECT_EQ(file_kind(dir_.file("c.h5")), FileKind::damaged_hdf5) << "built like a checkpoint";
}

TEST_F(FileKindTest, WhatLiesBesideACheckpointWasOne) {
    const auto write_hdf5 = [](const std::string& path) {
        H5Fclose(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
    };
    Checkpoint checkpoint;
    checkpoint.ranks.resize(1);
    CheckpointFile(dir_.file("a.prev.h5")).save(checkpoint, false);
    write_hdf5(dir_.file("a.h5"));
    EXPECT_EQ(file_kind(dir_.file("a.h5")), FileKind::damaged_hdf5);
    CheckpointFile(dir_.file("b.h5")).save(checkpoint, false);
    write_hdf5(dir_.file("b.prev.h5"));
    EXPECT_EQ(file_kind(dir_.file("b.prev.h5")), FileKind::damaged_hdf5);
    write_hdf5(dir_.file("c.h5"));
    write_hdf5(dir_.file("c.prev.h5"));
    EXPECT_EQ(file_kind(dir_.file("c.h5")), FileKind::other_hdf5);
    Model model;
    model.set_all_weights({1.0});
    PendingFile pending(dir_.file("b.prev.h5"));
    write_model(pending, model);
    EXPECT_EQ(look_for_checkpoint(dir_.file("b.prev.h5")), Found::foreign) << "a model is a model";
}

TEST_F(FileKindTest, TellsOtherAndDamagedHdf5Apart) {
    H5Fclose(H5Fcreate(path_.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
    EXPECT_EQ(file_kind(path_), FileKind::other_hdf5);
    fs::resize_file(path_, 40);
    EXPECT_EQ(file_kind(path_), FileKind::damaged_hdf5);
}

TEST_F(FileKindTest, RecognisesTheTextsThatTheProgramWrites) {
    EXPECT_EQ(kind_of_text("{\"event\":\"start\",\"program\":\"1\"}\n"), FileKind::run_log);
    EXPECT_EQ(kind_of_text("{\"event\":\"start\",\"schema\":\"hogwild.log\",\"schema_version\":2,"),
              FileKind::run_log);
    EXPECT_EQ(kind_of_text("{\"event\":\"start\",\"program\":\"1"), FileKind::run_log) << "torn";
    EXPECT_EQ(kind_of_text("{\"key\":{\"options\":{\"a\":1}}}\n"), FileKind::state);
    EXPECT_EQ(kind_of_text("point,lambda,repetition,seed,verdict,validation_objective,x\n1,2\n"),
              FileKind::table);
    EXPECT_EQ(kind_of_text("category,lambda\nCCAT,0.001\n"), FileKind::category_settings);
    EXPECT_EQ(kind_of_text(std::string(kSettingsTitle) + "\ntrain = t.h5\n"), FileKind::settings);
    EXPECT_EQ(kind_of_text("{\n  \"schema\": \"hogwild.bench\",\n"), FileKind::figures);
    EXPECT_EQ(kind_of_text("{\n  \"schema\": \"hogwild.bench-exchange\",\n"), FileKind::figures);
    EXPECT_EQ(kind_of_text("17\t-0.25\t-1\n18\t1e-300\t+1\n-19\t0\t0\n"), FileKind::scores);
    EXPECT_EQ(kind_of_text("17\t-0.25\t-1\t0.125\n"), FileKind::scores) << "with probability";
    EXPECT_EQ(kind_of_text("17\t-0.25\t-1\tx\n"), FileKind::other_text);
    EXPECT_EQ(kind_of_text("{\"event\":\"measures\",\"schema\":\"hogwild.measures\"}\n"),
              FileKind::measures);
    EXPECT_EQ(kind_of_text("feature\tweight\tname\nbias\t0.5\t\n"), FileKind::weights);
    EXPECT_EQ(kind_of_text("nr_class 2\nlabel 1 -1\nsolver_type L2R_LR\n"), FileKind::weights);
    EXPECT_EQ(kind_of_text("solver_type L2R_LR\nnr_class 2\nlabel 1 -1\n"), FileKind::other_text);
    EXPECT_EQ(kind_of_text("nr_class 3\nlabel 1 2 3\nsolver_type L2R_LR\n"), FileKind::weights);
    // classes have their own names where these are whole numbers
    EXPECT_EQ(kind_of_text("nr_class 2\nlabel 7 -3\nsolver_type L2R_LR\n"), FileKind::weights);
    std::string many = "nr_class 2000\nlabel";
    for (int k = 1; k <= 2000; ++k) many += ' ' + std::to_string(k);
    EXPECT_EQ(kind_of_text(many + "\nsolver_type L2R_LR\n"), FileKind::weights);
    EXPECT_EQ(kind_of_text("nr_class 2\nlabel 1 x\nsolver_type L2R_LR\n"), FileKind::other_text);
    EXPECT_EQ(kind_of_text("nr_class 2\nlabel 1 0\nmine\n"), FileKind::other_text);
    EXPECT_EQ(kind_of_text("class\\predicted,1,2\n1,5,0\n"), FileKind::class_confusion);
    EXPECT_EQ(kind_of_text("feature\tC1\tC15\nbias\t0.5\t1\n"), FileKind::weights);
    EXPECT_EQ(kind_of_text("feature\t" + std::string(5000, 'C')), FileKind::weights);
    EXPECT_EQ(kind_of_text("feature\tcolour\n1\tred\n"), FileKind::other_text);
    EXPECT_EQ(kind_of_text("feature\tC1"), FileKind::other_text);
    EXPECT_EQ(kind_of_text("Version 8.6.1\nId hogwild\nMin label:-1\n"), FileKind::weights);
    EXPECT_EQ(kind_of_text("Version 8.6.1\nId \nMin label:-1\n"), FileKind::other_text);
    EXPECT_EQ(kind_of_text("+1 3:0.5 17:1e-3\n-1\n"), FileKind::svmlight);
    EXPECT_EQ(kind_of_text("2286  1:0.5 7:0.123456\n2287 \n"), FileKind::vectors);
    EXPECT_EQ(kind_of_text("CCAT 2286 1\nE12 2287 1\n"), FileKind::topics);
}

TEST_F(FileKindTest, WhatOthersWriteIsForeign) {
    for (const std::string& text : std::vector<std::string>{
             "{\"event\":\"login\",\"user\":\"a\"}\n", "{\"event\":\"start\",\"job\":1}\n",
             "{\"key\":1}\n", "point,x,y\n1,2,3\n", "lambda = 1e-4\n", "# settings\nlambda = 1\n",
             "17\t0.5\t+1\tgood\n", "17 0.5 +1\n", "17\t0.5\t+1\nremember the milk\n", "1 3:0.5\n",
             "+1 qid:3 2:1\n", "+1 3:0.5 # note\n", "2286  1:0.04973992537561970\n", "CCAT 2286\n",
             "remember the milk", "\n\n"}) {
        EXPECT_EQ(kind_of_text(text), FileKind::other_text) << text;
    }
    EXPECT_EQ(kind_of_text(std::string("\0\1\2", 3)), FileKind::other_bytes);
    EXPECT_EQ(kind_of_text("\x1f\x8b\x08 packed"), FileKind::other_bytes);
}

TEST_F(FileKindTest, LongLinesTellByTheirBeginning) {
    std::string line = "+1";
    for (int i = 1; i < 2000; ++i) line += " " + std::to_string(i) + ":0.5";
    EXPECT_EQ(kind_of_text(line + "\n"), FileKind::svmlight);
    EXPECT_EQ(kind_of_text("-1 1:1\n" + line + "\n"), FileKind::svmlight);
    EXPECT_EQ(kind_of_text(std::string(10'000, 'x')), FileKind::other_text);
    EXPECT_EQ(kind_of_text(std::string(10'000, '\n')), FileKind::other_text);
}

TEST_F(FileKindTest, NothingToLose) {
    EXPECT_EQ(file_kind(path_), FileKind::none);
    EXPECT_EQ(file_kind(dir_.file("no/such/file")), FileKind::none);
    EXPECT_EQ(kind_of_text(""), FileKind::none);
    fs::create_symlink(dir_.file("nowhere"), dir_.file("link"));
    EXPECT_EQ(file_kind(dir_.file("link")), FileKind::none);
}

TEST_F(FileKindTest, LinksAreFollowed) {
    test::write_bytes(path_, "+1 1:1\n");
    fs::create_symlink("file", dir_.file("link"));
    EXPECT_EQ(file_kind(dir_.file("link")), FileKind::svmlight);
}

TEST_F(FileKindTest, PipesAndDevicesAreNotOpened) {
    ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
    EXPECT_EQ(file_kind(path_), FileKind::special) << "and does not wait for a writer";
    EXPECT_EQ(file_kind("/dev/null"), FileKind::special);
    EXPECT_EQ(file_kind(dir_.path()), FileKind::special);
}

TEST_F(FileKindTest, EveryKindHasAName) {
    EXPECT_EQ(describe(FileKind::model), "a hogwild model");
    EXPECT_EQ(describe(FileKind::other_text), "some other text");
}

}  // namespace
}  // namespace hogwild::io
