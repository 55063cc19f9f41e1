// Datasets with many columns of which few occur: they list those.
#include <gtest/gtest.h>

#include <filesystem>
#include <vector>

#include "io/dataset_file.hpp"
#include "support/expect_error.hpp"
#include "support/hdf5_edit.hpp"
#include "support/scratch_dir.hpp"
#include "support/toy_dataset.hpp"

namespace hogwild::io {
namespace {

using test::fails_with;
using test::Hdf5Edit;
using test::ToyDocument;

constexpr std::uint32_t kMost = (std::uint32_t{1} << 31) - 1;  // columns

class WideDataset : public testing::Test {
protected:
    void write(std::int64_t features) {
        DatasetHeader header = test::toy_header(3, true);
        header.features = features;
        test::write_toy(path_,
                        {{1, {5, 1000}, {1.0F, 1.0F}, {1}},
                         {2, {1000}, {1.0F}, {}},
                         {3, {5, 999, 1000, last_}, {1.0F, 1.0F, 1.0F, 1.0F}, {}}},
                        header);
    }

    test::ScratchDir dir_;
    std::string path_ = dir_.file("wide.h5");
    std::uint32_t last_ = 2000;
};

TEST_F(WideDataset, TakesSpaceByTheFeaturesThatOccur) {
    last_ = kMost - 1;
    write(kMost);
    EXPECT_LT(std::filesystem::file_size(path_), 100'000U);
    DatasetFile file(path_);
    EXPECT_EQ(file.header().features, kMost);
    EXPECT_EQ(file.read_feature_counts(),
              (data::FeatureCounts{{5, 999, 1000, last_}, {2, 1, 3, 1}}));
    EXPECT_NO_THROW(file.verify());
}

/// Files of older versions hold an array with all columns.
TEST_F(WideDataset, CountsOfAllColumnsAreReadAsWell) {
    write(5000);
    const data::FeatureCounts counts = DatasetFile(path_).read_feature_counts();
    std::vector<std::int64_t> all(5000);
    for (std::size_t k = 0; k < counts.size(); ++k) all[counts.column[k]] = counts.count[k];
    {
        Hdf5Edit edit(path_);
        edit.replace("features/count", H5T_STD_I64LE, all);
        H5Lmove(edit.id(), "features/count", edit.id(), "feature_counts", H5P_DEFAULT, H5P_DEFAULT);
        edit.remove("features");
    }
    EXPECT_EQ(DatasetFile(path_).read_feature_counts(), counts);
}

TEST_F(WideDataset, CountsThatCannotBeAreRefused) {
    const auto refuses = [&](const char* array, std::size_t at, std::int64_t value) {
        write(5000);
        {
            Hdf5Edit edit(path_);
            edit.poke(array, at, value);
        }
        return fails_with(ExitCode::bad_data, "do not count the documents",
                          [&] { DatasetFile(path_).read_feature_counts(); });
    };
    EXPECT_TRUE(refuses("features/count", 1, 0));
    EXPECT_TRUE(refuses("features/count", 1, 2));
    EXPECT_TRUE(refuses("features/count", 1, -1));
    EXPECT_TRUE(refuses("features/column", 1, 5));
    EXPECT_TRUE(refuses("features/column", 1, 1001));
    EXPECT_TRUE(refuses("features/column", 3, 5000));
    write(5000);
    {
        Hdf5Edit edit(path_);
        edit.replace("features/count", H5T_STD_I64LE, std::vector<std::int64_t>{1, 1});
    }
    EXPECT_TRUE(fails_with(ExitCode::bad_data, "features/count has 2 elements, expected 4",
                           [&] { DatasetFile file(path_); }));
}

}  // namespace
}  // namespace hogwild::io
