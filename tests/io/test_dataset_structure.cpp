// Sound HDF5 files that are not sound datasets, and unusual ones that are.
#include <gtest/gtest.h>
#include <hdf5.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "io/dataset.hpp"
#include "io/dataset_file.hpp"
#include "support/expect_error.hpp"
#include "support/hdf5_edit.hpp"
#include "support/scratch_dir.hpp"
#include "support/toy_dataset.hpp"

namespace hogwild::io {
namespace {

using test::fails_with;
using test::Hdf5Edit;

constexpr std::int64_t kRows = 20;
using Int32s = std::vector<std::int32_t>;
using Int64s = std::vector<std::int64_t>;
using Floats = std::vector<float>;

class DatasetStructure : public testing::Test {
protected:
    /// A fresh file with one change.
    void write(bool has_topics, const std::function<void(Hdf5Edit&)>& change) {
        test::write_toy(path_, kRows, has_topics);
        Hdf5Edit edit(path_);
        change(edit);
    }
    testing::AssertionResult open_refuses(const std::string& fragment) {
        return fails_with(ExitCode::bad_data, fragment, [&] { DatasetFile{path_}; });
    }
    /// Opening is fine; reading all rows is not.
    testing::AssertionResult read_refuses(const std::string& fragment) {
        DatasetFile file(path_);
        Labelling labelling;
        if (file.header().has_topics) labelling.topic = 1;
        RowBlock block;
        return fails_with(ExitCode::bad_data, fragment,
                          [&] { file.read(0, kRows, labelling, block); });
    }
    testing::AssertionResult verify_refuses(const std::string& fragment) {
        return fails_with(ExitCode::bad_data, fragment, [&] { DatasetFile(path_).verify(); });
    }
    test::ScratchDir dir_;
    std::string path_ = dir_.file("toy.h5");
};

const std::vector<std::string> kCommonArrays{"X/indices", "X/data", "X/indptr", "document_id",
                                             "feature_counts"};
const std::vector<std::string> kTopicArrays{"topics/indices", "topics/indptr", "topics/names"};

TEST_F(DatasetStructure, TheEditorItselfDoesNoHarm) {
    write(true, [](Hdf5Edit& edit) {
        edit.replace("X/data", H5T_IEEE_F32LE, edit.read<float>("X/data"));
        edit.poke<std::int32_t>("X/indices", 0, edit.read<std::int32_t>("X/indices")[0]);
        edit.set_attribute("rows", kRows);
        edit.set_attribute("schema", std::string(kDatasetSchema));
    });
    EXPECT_NO_THROW(DatasetFile(path_).verify());
}

TEST_F(DatasetStructure, AMissingArray) {
    for (const std::string& name : kCommonArrays) {
        write(true, [&](Hdf5Edit& edit) { edit.remove(name); });
        EXPECT_TRUE(open_refuses(name + " is missing")) << name;
    }
    for (const std::string& name : kTopicArrays) {
        write(true, [&](Hdf5Edit& edit) { edit.remove(name); });
        EXPECT_TRUE(open_refuses(name + " is missing")) << name;
    }
    write(false, [&](Hdf5Edit& edit) { edit.remove("y"); });
    EXPECT_TRUE(open_refuses("y is missing"));
    write(true, [&](Hdf5Edit& edit) { edit.remove("X"); });
    EXPECT_TRUE(open_refuses("/X is missing"));
}

TEST_F(DatasetStructure, AnArrayOfTheWrongType) {
    for (const std::string name : {"X/indices", "X/indptr", "document_id", "feature_counts",
                                   "topics/indices", "topics/indptr"}) {
        write(true,
              [&](Hdf5Edit& edit) { edit.replace(name, H5T_IEEE_F64LE, edit.read<double>(name)); });
        EXPECT_TRUE(open_refuses("wrong element type")) << name;
    }
    write(true, [](Hdf5Edit& edit) {
        edit.replace("X/data", H5T_STD_I32LE, edit.read<std::int32_t>("X/data"));
    });
    EXPECT_TRUE(open_refuses("X/data has the wrong element type"));
    write(true, [](Hdf5Edit& edit) {
        edit.replace("topics/names", H5T_STD_I32LE, Int32s{1, 2, 3, 4});
    });
    EXPECT_TRUE(open_refuses("names has the wrong element type"));
    write(false, [](Hdf5Edit& edit) { edit.replace("y", H5T_IEEE_F32LE, Floats(kRows, 1.0F)); });
    EXPECT_TRUE(open_refuses("y has the wrong element type"));
}

TEST_F(DatasetStructure, AnArrayOfTheWrongLength) {
    for (const std::string name : {"X/indptr", "document_id", "feature_counts", "topics/indptr"}) {
        for (const bool longer : {true, false}) {
            write(true, [&](Hdf5Edit& edit) {
                Int64s values = edit.read<std::int64_t>(name);
                values.resize(longer ? values.size() + 1 : values.size() - 1);
                edit.replace(name, H5T_STD_I64LE, values);
            });
            EXPECT_TRUE(open_refuses("elements, expected")) << name << longer;
        }
    }
    write(true, [](Hdf5Edit& edit) { edit.replace("X/indices", H5T_STD_I32LE, Int32s{0}); });
    EXPECT_TRUE(open_refuses("X/indices has 1 elements, expected"));
    write(true, [](Hdf5Edit& edit) { edit.replace("X/data", H5T_IEEE_F32LE, Floats{}); });
    EXPECT_TRUE(open_refuses("X/data has 0 elements, expected"));
    write(false, [](Hdf5Edit& edit) {
        edit.replace("y", H5T_STD_I8LE, std::vector<std::int8_t>(kRows - 1, 1));
    });
    EXPECT_TRUE(open_refuses("y has 19 elements, expected 20"));
}

TEST_F(DatasetStructure, AMatrixInThePlaceOfAnArray) {
    write(true, [](Hdf5Edit& edit) {
        edit.replace_by_matrix("X/data", H5T_IEEE_F32LE, edit.read<float>("X/data"));
    });
    EXPECT_TRUE(open_refuses("X/data is not one-dimensional"));
}

TEST_F(DatasetStructure, AttributesThatContradictTheArrays) {
    for (const std::string name : {"rows", "nonzeros", "features"}) {
        for (const std::int64_t value : {-1, 0, 7}) {
            write(true, [&](Hdf5Edit& edit) { edit.set_attribute(name, value); });
            EXPECT_TRUE(open_refuses(path_)) << name << " = " << value;
        }
    }
}

TEST_F(DatasetStructure, AMissingAttribute) {
    for (const std::string name : {"version", "rows", "features", "nonzeros", "feature_id_base",
                                   "total_rows", "first_row", "shard_index", "shard_count",
                                   "sources", "source_digests", "shuffle_seed", "digest", "tool"}) {
        write(true, [&](Hdf5Edit& edit) { edit.remove_attribute(name); });
        EXPECT_TRUE(open_refuses("attribute " + name + " is missing")) << name;
    }
}

TEST_F(DatasetStructure, AnAttributeOfTheWrongType) {
    write(true, [](Hdf5Edit& edit) { edit.set_attribute("rows", std::string("20")); });
    EXPECT_TRUE(open_refuses("attribute rows has the wrong type"));
    write(true, [](Hdf5Edit& edit) { edit.set_attribute("digest", std::int64_t{5}); });
    EXPECT_TRUE(open_refuses("attribute digest has the wrong type"));
    write(true, [](Hdf5Edit& edit) { edit.set_attribute("schema", std::int64_t{5}); });
    EXPECT_TRUE(open_refuses("attribute schema has the wrong type"));
}

TEST_F(DatasetStructure, NeverCompleted) {
    write(true, [](Hdf5Edit& edit) { edit.remove_attribute("complete"); });
    EXPECT_TRUE(open_refuses("was never completed"));
    write(true, [](Hdf5Edit& edit) { edit.set_attribute("complete", std::int64_t{0}); });
    EXPECT_TRUE(open_refuses("was never completed"));
}

TEST_F(DatasetStructure, AnotherSchemaOrNone) {
    write(true, [](Hdf5Edit& edit) { edit.set_attribute("schema", std::string("hogwild.model")); });
    EXPECT_TRUE(open_refuses("is not a hogwild dataset"));
    write(true, [](Hdf5Edit& edit) { edit.remove_attribute("schema"); });
    EXPECT_TRUE(open_refuses("is not a hogwild dataset"));
    Hdf5Edit::create(path_);
    EXPECT_TRUE(open_refuses("is not a hogwild dataset"));
}

TEST_F(DatasetStructure, AFutureVersion) {
    write(true, [](Hdf5Edit& edit) { edit.set_attribute("normalization", std::string("l7")); });
    EXPECT_TRUE(open_refuses("normalized by 'l7'"));
    write(true, [](Hdf5Edit& edit) { edit.set_attribute("version", std::int64_t{2}); });
    EXPECT_TRUE(open_refuses("dataset version 2; this program reads version 1"));
}

TEST_F(DatasetStructure, IndptrThatIsNotMonotone) {
    write(true, [](Hdf5Edit& edit) { edit.poke<std::int64_t>("X/indptr", 0, 1); });
    EXPECT_TRUE(read_refuses("row 0: X/indptr does not start at 0"));
    write(true, [](Hdf5Edit& edit) { edit.poke<std::int64_t>("X/indptr", 5, 0); });
    EXPECT_TRUE(read_refuses("row 5: X/indptr is not ascending"));
    write(true, [](Hdf5Edit& edit) { edit.poke<std::int64_t>("X/indptr", 5, -1); });
    EXPECT_TRUE(read_refuses("row 5: X/indptr is not ascending"));
    write(true, [](Hdf5Edit& edit) {
        edit.poke<std::int64_t>("X/indptr", 5, std::numeric_limits<std::int64_t>::max());
    });
    EXPECT_TRUE(read_refuses("row 5: X/indptr is not ascending"));
    write(true, [](Hdf5Edit& edit) {
        const Int64s indptr = edit.read<std::int64_t>("X/indptr");
        edit.poke<std::int64_t>("X/indptr", kRows, indptr[kRows] - 1);
    });
    EXPECT_TRUE(read_refuses("row 20: X/indptr does not end at the number of entries"));
}

TEST_F(DatasetStructure, IndptrIsCheckedWhereverOneReads) {
    write(true, [](Hdf5Edit& edit) { edit.poke<std::int64_t>("X/indptr", 5, -7); });
    DatasetFile file(path_);
    RowBlock block;
    EXPECT_TRUE(fails_with(ExitCode::bad_data, "row 5:", [&] { file.read(5, 3, {1}, block); }));
    EXPECT_TRUE(fails_with(ExitCode::bad_data, "row 5:", [&] { file.read(3, 2, {1}, block); }));
    EXPECT_TRUE(fails_with(ExitCode::bad_data, "row 5:", [&] { file.read_indptr(0, kRows); }));
    EXPECT_NO_THROW(file.read(6, 3, {1}, block));
    EXPECT_TRUE(fails_with(ExitCode::bad_data, "row 5:", [&] { Dataset(path_).row_lengths(); }));
}

// Document 13 has six terms, from entry 36 on.
TEST_F(DatasetStructure, IndicesThatAreUnsortedRepeatedOrOutOfRange) {
    constexpr std::size_t kFirst = 36;
    const auto poke = [&](std::size_t k, std::int32_t value) {
        write(true, [&](Hdf5Edit& edit) {
            ASSERT_EQ(edit.read<std::int64_t>("X/indptr")[13], 36);
            edit.poke<std::int32_t>("X/indices", kFirst + k, value);
        });
    };
    const std::string row = "row 13: columns are not ascending or out of range";
    const Int32s index = [&] {
        test::write_toy(path_, kRows);
        return Hdf5Edit(path_).read<std::int32_t>("X/indices");
    }();
    poke(1, index[kFirst]);
    EXPECT_TRUE(read_refuses(row)) << "repeated";
    poke(2, index[kFirst] - 1 < 0 ? 0 : index[kFirst] - 1);
    EXPECT_TRUE(read_refuses(row)) << "unsorted";
    poke(5, static_cast<std::int32_t>(test::kToyFeatures));
    EXPECT_TRUE(read_refuses(row)) << "just out of range";
    poke(5, std::numeric_limits<std::int32_t>::max());
    EXPECT_TRUE(read_refuses(row)) << "far out of range";
    poke(5, -1);
    EXPECT_TRUE(read_refuses(row)) << "negative at the end";
    poke(0, -1);
    EXPECT_TRUE(read_refuses(row)) << "negative at the start";
    poke(5, static_cast<std::int32_t>(test::kToyFeatures) - 1);
    DatasetFile file(path_);
    RowBlock block;
    EXPECT_NO_THROW(file.read(0, kRows, {1}, block)) << "the last column is one";
    EXPECT_TRUE(verify_refuses("indices differs from what was written"));
}

TEST_F(DatasetStructure, ValuesThatAreNotFinite) {
    for (const float value : {std::nanf(""), INFINITY, -INFINITY}) {
        write(true, [&](Hdf5Edit& edit) { edit.poke<float>("X/data", 0, value); });
        EXPECT_TRUE(read_refuses("row 1: a value is not finite")) << value;
    }
}

TEST_F(DatasetStructure, DocumentsWithoutLabel) {
    write(false, [&](Hdf5Edit& edit) { edit.poke<std::int8_t>("y", 4, std::int8_t{0}); });
    EXPECT_TRUE(read_refuses("row 4: document 1028 has no label"));
    DatasetFile file(path_);
    RowBlock block;
    file.read(0, kRows, {.topic = std::nullopt, .may_be_missing = true}, block);
    EXPECT_EQ(block.rows.label(4), 0);
}

TEST_F(DatasetStructure, LabelsThatAreNone) {
    for (const int label : {2, -2, 127}) {
        write(false, [&](Hdf5Edit& edit) {
            edit.poke<std::int8_t>("y", 4, static_cast<std::int8_t>(label));
        });
        EXPECT_TRUE(read_refuses("row 4: label is not -1, 0 or +1")) << label;
    }
}

TEST_F(DatasetStructure, TopicsThatAreNotSound) {
    write(true, [](Hdf5Edit& edit) { edit.poke<std::int64_t>("topics/indptr", 9, 0); });
    EXPECT_TRUE(read_refuses("row 9: topics/indptr is not ascending"));
    write(true, [](Hdf5Edit& edit) { edit.poke<std::int64_t>("topics/indptr", kRows, 1000); });
    EXPECT_TRUE(read_refuses("row 20: topics/indptr is not ascending"));
    for (const std::int32_t number : {-1, 4}) {
        write(true, [&](Hdf5Edit& edit) { edit.poke("topics/indices", 2, number); });
        EXPECT_TRUE(fails_with(ExitCode::bad_data, "topic number is out of range",
                               [&] { DatasetFile(path_).count_topics(); }));
        EXPECT_TRUE(verify_refuses("topic number is out of range"));
    }
}

// As for /X: or the labels of the first and the last documents are wrong without a word.
TEST_F(DatasetStructure, TopicsIndptrStartsAtZeroAndEndsAtTheNumberOfEntries) {
    write(true, [](Hdf5Edit& edit) { edit.poke<std::int64_t>("topics/indptr", 0, 1); });
    EXPECT_TRUE(read_refuses("row 0: topics/indptr"));
    write(true, [](Hdf5Edit& edit) {
        const Int64s indptr = edit.read<std::int64_t>("topics/indptr");
        edit.poke<std::int64_t>("topics/indptr", kRows, indptr[kRows] - 1);
    });
    EXPECT_TRUE(read_refuses("row 20: topics/indptr"));
}

// Plausible, so that only the stored digest can tell.
TEST_F(DatasetStructure, VerifyComparesEveryArrayWithItsDigest) {
    for (const std::string name : {"X/indptr", "document_id", "feature_counts", "topics/indptr"}) {
        write(true, [&](Hdf5Edit& edit) {
            edit.poke<std::int64_t>(name, 4, edit.read<std::int64_t>(name)[4] + 1);
        });
        EXPECT_TRUE(verify_refuses("differs from what was written")) << name;
    }
    write(true, [](Hdf5Edit& edit) { edit.poke<float>("X/data", 0, 0.125F); });
    EXPECT_TRUE(verify_refuses("X/data differs from what was written"));
    write(true, [](Hdf5Edit& edit) { edit.poke<std::int32_t>("topics/indices", 0, 2); });
    EXPECT_TRUE(verify_refuses("indices differs from what was written"));
    write(false, [](Hdf5Edit& edit) {
        edit.poke<std::int8_t>("y", 0, static_cast<std::int8_t>(-edit.read<std::int8_t>("y")[0]));
    });
    EXPECT_TRUE(verify_refuses("y differs from what was written"));
}

TEST_F(DatasetStructure, BigEndianFilesReadTheSame) {
    for (const bool has_topics : {true, false}) {
        test::write_toy(path_, kRows, has_topics);
        const std::string expected = test::whole_content(path_);
        {
            Hdf5Edit edit(path_);
            edit.replace("X/data", H5T_IEEE_F32BE, edit.read<float>("X/data"));
            edit.replace("X/indices", H5T_STD_I32BE, edit.read<std::int32_t>("X/indices"));
            std::vector<std::string> wide{"X/indptr", "document_id", "feature_counts"};
            if (has_topics) {
                wide.emplace_back("topics/indptr");
                edit.replace("topics/indices", H5T_STD_I32BE,
                             edit.read<std::int32_t>("topics/indices"));
            }
            for (const std::string& name : wide) {
                edit.replace(name, H5T_STD_I64BE, edit.read<std::int64_t>(name));
            }
        }
        EXPECT_EQ(test::whole_content(path_), expected);
    }
}

TEST_F(DatasetStructure, OtherWidthsReadTheSame) {
    test::write_toy(path_, kRows);
    const std::string expected = test::whole_content(path_);
    {
        Hdf5Edit edit(path_);
        edit.replace("X/data", H5T_IEEE_F64LE, edit.read<float>("X/data"));
        edit.replace("X/indices", H5T_STD_I64LE, edit.read<std::int32_t>("X/indices"));
        edit.replace("X/indptr", H5T_STD_U32LE, edit.read<std::int64_t>("X/indptr"));
        edit.replace("document_id", H5T_STD_I16BE, edit.read<std::int64_t>("document_id"));
    }
    EXPECT_EQ(test::whole_content(path_), expected);
}

}  // namespace
}  // namespace hogwild::io
