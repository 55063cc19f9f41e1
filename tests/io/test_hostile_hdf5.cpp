// HDF5 files made to harm: claims without content, ways out of the file, code to load.
#include <gtest/gtest.h>
#include <hdf5.h>

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "io/dataset.hpp"
#include "io/model_file.hpp"
#include "support/expect_error.hpp"
#include "support/hdf5_edit.hpp"
#include "support/scratch_dir.hpp"
#include "support/toy_dataset.hpp"

namespace hogwild::io {
namespace {

using test::fails_with;
using test::Hdf5Edit;

/// A file open for changes through the C interface.
class RawFile {
public:
    explicit RawFile(const std::string& path)
        : id_(H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT)) {}
    RawFile(const RawFile&) = delete;
    RawFile& operator=(const RawFile&) = delete;
    ~RawFile() { H5Fclose(id_); }
    hid_t id() const { return id_; }
    void remove(const std::string& name) const {
        EXPECT_GE(H5Ldelete(id_, name.c_str(), H5P_DEFAULT), 0) << name;
    }

    /// Puts an array of `length` elements in the place of `name`; only the first are written.
    void replace(const std::string& name, hid_t type, hsize_t length,
                 const std::function<void(hid_t layout)>& set_layout,
                 const std::vector<double>& first = {}) const {
        remove(name);
        const hid_t layout = H5Pcreate(H5P_DATASET_CREATE);
        set_layout(layout);
        const hid_t space = H5Screate_simple(1, &length, nullptr);
        const hid_t dataset =
            H5Dcreate2(id_, name.c_str(), type, space, H5P_DEFAULT, layout, H5P_DEFAULT);
        ASSERT_GE(dataset, 0) << name;
        const hsize_t start = 0;
        const hsize_t count = first.size();
        if (count > 0) {
            const hid_t memory = H5Screate_simple(1, &count, nullptr);
            H5Sselect_hyperslab(space, H5S_SELECT_SET, &start, nullptr, &count, nullptr);
            EXPECT_GE(
                H5Dwrite(dataset, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, first.data()), 0);
            H5Sclose(memory);
        }
        H5Dclose(dataset);
        H5Sclose(space);
        H5Pclose(layout);
    }

private:
    hid_t id_;
};

std::function<void(hid_t)> chunks_of(hsize_t length) {
    return [length](hid_t layout) { H5Pset_chunk(layout, 1, &length); };
}
std::function<void(hid_t)> packed_chunks_of(hsize_t length) {
    return [length](hid_t layout) {
        H5Pset_chunk(layout, 1, &length);
        H5Pset_deflate(layout, 9);
    };
}
void contiguous(hid_t) {}

class HostileHdf5 : public testing::Test {
protected:
    void SetUp() override {
        test::write_toy(path_, 20);
        PendingFile pending(model_path_);
        Model model;
        model.set_all_weights({1.0, 2.0, 3.0});
        model.bias = 0.5;
        model.category = "CCAT";
        model.loss = "hinge";
        model.regularizer = "l2";
        model.lambda = 0.1;
        model.strategy = "locked";
        model.ranks = model.seed = 1;
        model.precision = "double";
        model.dataset_digests = {"x"};
        model.program = "toy";
        model.metrics = {{"objective", 1.0}};
        write_model(pending, model);
    }
    testing::AssertionResult dataset_refused(const std::string& fragment) {
        return fails_with(ExitCode::bad_data, fragment, [&] { DatasetFile{path_}; });
    }
    testing::AssertionResult model_refused(const std::string& fragment) {
        return fails_with(ExitCode::bad_data, fragment, [&] { read_model(model_path_); });
    }
    test::ScratchDir dir_;
    std::string path_ = dir_.file("toy.h5");
    std::string model_path_ = dir_.file("model.h5");
};

constexpr hsize_t kHuge = hsize_t{1} << 40;

TEST_F(HostileHdf5, ArraysThatWereNeverWrittenAreRefusedBeforeTheyAreRead) {
    const auto layouts = {chunks_of(65536), packed_chunks_of(65536),
                          std::function<void(hid_t)>(contiguous)};
    for (const auto& layout : layouts) {
        RawFile(model_path_).replace("weights", H5T_IEEE_F64LE, kHuge, layout);
        EXPECT_TRUE(model_refused("/weights claims 1099511627776 elements"));
        for (const std::string name : {"X/indptr", "document_id", "feature_counts"}) {
            test::write_toy(path_, 20);
            RawFile(path_).replace(name, H5T_STD_I64LE, kHuge, layout);
            EXPECT_TRUE(dataset_refused(name + " claims 1099511627776 elements"));
        }
    }
}

TEST_F(HostileHdf5, ArraysThatAreWrittenInPartAreRefused) {
    const std::vector<double> some(1000, 1.0);
    for (const auto& layout : {chunks_of(100), packed_chunks_of(100)}) {
        RawFile(model_path_).replace("weights", H5T_IEEE_F64LE, 1001, layout, some);
        EXPECT_TRUE(model_refused("claims 1001 elements"));
        RawFile(model_path_).replace("weights", H5T_IEEE_F64LE, 1000, layout, some);
        EXPECT_EQ(read_model(model_path_).weights, some);
    }
}

TEST_F(HostileHdf5, AChunkFarLargerThanItsArrayIsRefused) {
    const hsize_t chunk = hsize_t{1} << 28;
    const auto layout = [&](hid_t properties) {
        H5Pset_chunk(properties, 1, &chunk);
        H5Pset_deflate(properties, 1);
        H5Pset_alloc_time(properties, H5D_ALLOC_TIME_INCR);
    };
    const RawFile file(model_path_);
    file.remove("weights");
    const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
    layout(properties);
    const hsize_t length = 3;
    const hsize_t unlimited = H5S_UNLIMITED;
    const hid_t space = H5Screate_simple(1, &length, &unlimited);
    H5Dclose(H5Dcreate2(file.id(), "weights", H5T_IEEE_F64LE, space, H5P_DEFAULT, properties,
                        H5P_DEFAULT));
    H5Sclose(space);
    H5Pclose(properties);
    EXPECT_TRUE(model_refused("/weights claims 3 elements"));
}

// Zeros shrink a thousandfold: the most that is honest.
TEST_F(HostileHdf5, WhatCompressesWellIsNoClaim) {
    const std::vector<double> zeros(3'000'000, 0.0);
    RawFile(model_path_)
        .replace("weights", H5T_IEEE_F64LE, zeros.size(), packed_chunks_of(65536), zeros);
    EXPECT_LT(test::read_bytes(model_path_).size(), std::size_t{100'000});
    EXPECT_EQ(read_model(model_path_).weights, zeros);
}

TEST_F(HostileHdf5, TooManyNames) {
    const RawFile file(path_);
    const hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, 60'000);
    file.replace("topics/names", type, 60'000, contiguous);
    H5Tclose(type);
    EXPECT_TRUE(dataset_refused("names claims 60000 elements"));
}

TEST_F(HostileHdf5, NumbersOfAnySizeAreNotRead) {
    const hid_t wide = H5Tcopy(H5T_STD_I64LE);
    H5Tset_size(wide, 1 << 20);
    RawFile(path_).replace("document_id", wide, 20, contiguous);
    H5Tclose(wide);
    EXPECT_TRUE(dataset_refused("document_id has the wrong element type"));
}

TEST_F(HostileHdf5, DataInOtherFilesAreNotRead) {
    test::write_bytes(dir_.file("secret"), std::string(160, 's'));
    const std::string secret = dir_.file("secret");
    RawFile(path_).replace("document_id", H5T_STD_I64LE, 20,
                           [&](hid_t layout) { H5Pset_external(layout, secret.c_str(), 0, 160); });
    EXPECT_TRUE(dataset_refused("document_id keeps its data in other files"));

    test::write_toy(path_, 20);
    const std::string other = dir_.file("other.h5");
    test::write_toy(other, 20);
    RawFile(path_).replace("document_id", H5T_STD_I64LE, 20, [&](hid_t layout) {
        const hsize_t length = 20;
        const hid_t space = H5Screate_simple(1, &length, nullptr);
        H5Pset_virtual(layout, space, other.c_str(), "document_id", space);
        H5Sclose(space);
    });
    EXPECT_TRUE(dataset_refused("document_id keeps its data in other files"));
}

TEST_F(HostileHdf5, LinksAreNotFollowed) {
    const std::string other = dir_.file("other.h5");
    test::write_toy(other, 20);
    for (const std::string name : {"document_id", "X", "topics"}) {
        test::write_toy(path_, 20);
        {
            const RawFile file(path_);
            file.remove(name);
            H5Lcreate_external(other.c_str(), name.c_str(), file.id(), name.c_str(), H5P_DEFAULT,
                               H5P_DEFAULT);
        }
        EXPECT_TRUE(dataset_refused(name + " is a link to another file")) << name;
        test::write_toy(path_, 20);
        {
            const RawFile file(path_);
            H5Lmove(file.id(), name.c_str(), file.id(), "elsewhere", H5P_DEFAULT, H5P_DEFAULT);
            H5Lcreate_soft("/elsewhere", file.id(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT);
        }
        EXPECT_TRUE(dataset_refused(name + " is a soft link")) << name;
    }
}

TEST_F(HostileHdf5, FiltersThatAreNotOursAreNamed) {
    const std::vector<double> values(200, 1.0);
    constexpr hsize_t kChunk = 100;
    RawFile(model_path_)
        .replace(
            "weights", H5T_IEEE_F64LE, 200,
            [&](hid_t layout) {
                H5Pset_chunk(layout, 1, &kChunk);
                H5Pset_filter(layout, 32000, H5Z_FLAG_OPTIONAL, 0, nullptr);
            },
            values);
    EXPECT_TRUE(model_refused("(number 32000), which this program does not read"));
    RawFile(model_path_)
        .replace(
            "weights", H5T_IEEE_F64LE, 200,
            [&](hid_t layout) {
                H5Pset_chunk(layout, 1, &kChunk);
                H5Pset_scaleoffset(layout, H5Z_SO_FLOAT_DSCALE, 2);
            },
            values);
    EXPECT_TRUE(model_refused("filter 'scaleoffset'"));
    RawFile(model_path_)
        .replace(
            "weights", H5T_IEEE_F64LE, 200,
            [&](hid_t layout) {
                H5Pset_chunk(layout, 1, &kChunk);
                H5Pset_deflate(layout, 1);
                H5Pset_deflate(layout, 1);
            },
            values);
    EXPECT_TRUE(model_refused("'deflate' (number 1) on top of another"));
}

// Each sum of these would overflow; none may be formed, and none may be believed.
TEST_F(HostileHdf5, NumbersAtTheEndOfTheirRange) {
    constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();
    constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
    for (const std::string name : {"rows", "nonzeros", "features", "feature_id_base", "total_rows",
                                   "first_row", "shard_index", "shard_count"}) {
        for (const std::int64_t value :
             {std::int64_t{-1}, kLeast, kMost, kMost - 1, std::int64_t{1} << 31,
              std::int64_t{1} << 32, (std::int64_t{1} << 53) + 1}) {
            test::write_toy(path_, 20);
            Hdf5Edit(path_).set_attribute(name, value);
            EXPECT_TRUE(fails_with(ExitCode::bad_data, path_ + ": ", [&] { Dataset{path_}; }))
                << name << " = " << value;
        }
    }
    Hdf5Edit(path_).set_attribute("shard_count", std::int64_t{1});
    Hdf5Edit(path_).set_attribute("shuffle_seed", kLeast);
    EXPECT_TRUE(dataset_refused("attribute shuffle_seed is -9223372036854775808, expected -1 to"));
}

}  // namespace
}  // namespace hogwild::io
