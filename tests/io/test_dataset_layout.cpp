// The dataset file as other programs see it: the contract of schema hogwild.dataset, version 1,
// looked at through the C interface of HDF5 alone.
#include <gtest/gtest.h>
#include <hdf5.h>

#include <string>
#include <vector>

#include "io/hdf5.hpp"
#include "support/hdf5_edit.hpp"
#include "support/scratch_dir.hpp"
#include "support/toy_dataset.hpp"

namespace hogwild::io {
namespace {

using h5::Handle;

struct Layout {
    std::vector<std::string> filters;  // in the order of the pipeline
    bool chunked = false;
};

class DatasetLayout : public testing::Test {
protected:
    Handle open_object(const std::string& name) const {
        return {H5Oopen(file_.id(), name.c_str(), H5P_DEFAULT), H5Oclose, ExitCode::io, name};
    }
    void open(bool has_topics, bool compress) {
        file_.close();
        test::write_toy(path_, 20, has_topics, compress);
        file_ = h5::open_file(path_);
    }
    Layout layout(const std::string& name) const {
        const Handle dataset = open_object(name);
        const Handle plist(H5Dget_create_plist(dataset.id()), H5Pclose, ExitCode::io, name);
        Layout result;
        result.chunked = H5Pget_layout(plist.id()) == H5D_CHUNKED;
        for (int k = 0; k < H5Pget_nfilters(plist.id()); ++k) {
            unsigned flags = 0;
            std::size_t values = 0;
            char text[64] = "";
            unsigned config = 0;
            H5Pget_filter2(plist.id(), static_cast<unsigned>(k), &flags, &values, nullptr,
                           sizeof text, text, &config);
            result.filters.emplace_back(text);
        }
        return result;
    }
    bool has_type(const std::string& name, hid_t type) const {
        const Handle dataset = open_object(name);
        const Handle actual(H5Dget_type(dataset.id()), H5Tclose, ExitCode::io, name);
        return H5Tequal(actual.id(), type) > 0;
    }

    test::ScratchDir dir_;
    std::string path_ = dir_.file("toy.h5");
    Handle file_;
};

/// AnnData reads these attributes as text only when they are of variable length.
std::string variable_text(const Handle& object, const char* name) {
    const hid_t attribute = H5Aopen(object.id(), name, H5P_DEFAULT);
    const hid_t type = H5Aget_type(attribute);
    std::string text;
    if (char* value = nullptr;
        H5Tis_variable_str(type) > 0 && H5Aread(attribute, type, &value) >= 0) {
        text = value;
        H5free_memory(value);
    }
    H5Tclose(type);
    H5Aclose(attribute);
    return text;
}

TEST_F(DatasetLayout, XIsAnAnnDataCsrMatrix) {
    open(true, false);
    EXPECT_TRUE(has_type("X/data", H5T_IEEE_F32LE));
    EXPECT_TRUE(has_type("X/indices", H5T_STD_I32LE));
    EXPECT_TRUE(has_type("X/indptr", H5T_STD_I64LE));
    const Handle x = open_object("X");
    EXPECT_EQ(variable_text(x, "encoding-type"), "csr_matrix");
    EXPECT_EQ(variable_text(x, "encoding-version"), "0.1.0");
    EXPECT_EQ(h5::read_integers(x, "shape"), (std::vector<std::int64_t>{20, test::kToyFeatures}));
}

TEST_F(DatasetLayout, TheOtherArrays) {
    open(true, false);
    EXPECT_TRUE(has_type("document_id", H5T_STD_I64LE));
    EXPECT_TRUE(has_type("feature_counts", H5T_STD_I64LE));
    EXPECT_TRUE(has_type("topics/indices", H5T_STD_I32LE));
    EXPECT_TRUE(has_type("topics/indptr", H5T_STD_I64LE));
    EXPECT_FALSE(h5::has_link(file_, "y"));
    open(false, false);
    EXPECT_TRUE(has_type("y", H5T_STD_I8LE));
    EXPECT_FALSE(h5::has_link(file_, "topics"));
}

TEST_F(DatasetLayout, TheArraysHoldTheDocuments) {
    test::write_toy(path_, 20);
    const test::Hdf5Edit file(path_);
    std::vector<std::int32_t> indices;
    std::vector<float> data;
    std::vector<std::int64_t> indptr{0};
    std::vector<std::int64_t> ids;
    std::vector<std::int32_t> members;
    std::vector<std::int64_t> member_indptr{0};
    for (const test::ToyDocument& d : test::toy_documents(20)) {
        indices.insert(indices.end(), d.index.begin(), d.index.end());
        data.insert(data.end(), d.value.begin(), d.value.end());
        indptr.push_back(std::ssize(indices));
        ids.push_back(d.id);
        members.insert(members.end(), d.topics.begin(), d.topics.end());
        member_indptr.push_back(std::ssize(members));
    }
    EXPECT_EQ(file.read<std::int32_t>("X/indices"), indices);
    EXPECT_EQ(file.read<float>("X/data"), data);
    EXPECT_EQ(file.read<std::int64_t>("X/indptr"), indptr);
    EXPECT_EQ(file.read<std::int64_t>("document_id"), ids);
    EXPECT_EQ(file.read<std::int32_t>("topics/indices"), members);
    EXPECT_EQ(file.read<std::int64_t>("topics/indptr"), member_indptr);
}

TEST_F(DatasetLayout, RootAttributes) {
    open(true, false);
    EXPECT_EQ(h5::read_string(file_, "schema"), "hogwild.dataset");
    EXPECT_EQ(h5::read_integer(file_, "version"), 1);
    EXPECT_EQ(h5::read_integer(file_, "rows"), 20);
    EXPECT_EQ(h5::read_integer(file_, "features"), test::kToyFeatures);
    EXPECT_EQ(h5::read_integer(file_, "feature_id_base"), 1);
    EXPECT_EQ(h5::read_integer(file_, "shuffle_seed"), 7);
    EXPECT_EQ(h5::read_integer(file_, "complete"), 1);
    EXPECT_EQ(h5::read_strings(file_, "sources"),
              (std::vector<std::string>{"vectors.dat", "topics.qrels"}));
    EXPECT_EQ(h5::read_strings(file_, "source_digests"),
              (std::vector<std::string>{"0123456789abcdef", "fedcba9876543210"}));
}

TEST_F(DatasetLayout, EveryArrayHasAChecksumAndOnRequestIsCompressed) {
    for (const bool has_topics : {true, false}) {
        for (const bool compress : {false, true}) {
            open(has_topics, compress);
            std::vector<std::string> names{"X/data", "X/indices", "X/indptr", "document_id"};
            if (has_topics) {
                names.insert(names.end(), {"topics/indices", "topics/indptr"});
            } else {
                names.emplace_back("y");
            }
            for (const std::string& name : names) {
                const Layout found = layout(name);
                EXPECT_TRUE(found.chunked) << name;
                const std::vector<std::string> expected =
                    compress ? std::vector<std::string>{"shuffle", "deflate", "fletcher32"}
                             : std::vector<std::string>{"fletcher32"};
                EXPECT_EQ(found.filters, expected) << name;
            }
            EXPECT_EQ(layout("feature_counts").filters.back(), "fletcher32");
            if (has_topics) {
                EXPECT_EQ(layout("topics/names").filters.back(), "fletcher32");
            }
        }
    }
}

// A small file must not be a large one: chunks are never longer than what the file can fill.
TEST_F(DatasetLayout, SmallFilesStaySmall) {
    open(true, false);
    EXPECT_LT(test::read_bytes(path_).size(), std::size_t{64} << 10);
}

}  // namespace
}  // namespace hogwild::io
