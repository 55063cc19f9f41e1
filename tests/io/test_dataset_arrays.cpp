// Every array of a dataset, one by one: damage to any of its chunks, content that cannot be.
#include <gtest/gtest.h>
#include <hdf5.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <stdexcept>
#include <string>
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

/// What `train` reads before it trains.
void read_all(const std::string& path) {
    DatasetFile file(path);
    Labelling labelling;
    if (file.header().has_topics) labelling.topic = 1;
    RowBlock block;
    file.read_feature_counts();
    file.read(0, file.header().rows, labelling, block);
}

testing::AssertionResult refuses(const std::string& path, const std::string& fragment) {
    return fails_with(ExitCode::bad_data, fragment, [&] { read_all(path); });
}

struct Chunk {
    std::size_t offset = 0;
    std::size_t bytes = 0;
};

/// Where in the file the chunks of an array lie.
std::vector<Chunk> chunks_of(const std::string& path, const std::string& array) {
    const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
    const hid_t dataset = H5Dopen2(file, array.c_str(), H5P_DEFAULT);
    const hid_t space = H5Dget_space(dataset);
    hsize_t count = 0;
    if (H5Dget_num_chunks(dataset, space, &count) < 0) throw std::runtime_error(array);
    std::vector<Chunk> chunks;
    for (hsize_t k = 0; k < count; ++k) {
        hsize_t first = 0;
        unsigned filters = 0;
        haddr_t address = 0;
        hsize_t size = 0;
        H5Dget_chunk_info(dataset, space, k, &first, &filters, &address, &size);
        chunks.push_back({static_cast<std::size_t>(address), static_cast<std::size_t>(size)});
    }
    H5Sclose(space);
    H5Dclose(dataset);
    H5Fclose(file);
    return chunks;
}

class DatasetArrays : public testing::Test {
protected:
    void write(bool has_topics, const std::function<void(Hdf5Edit&)>& change) {
        test::write_toy(path_, kRows, has_topics);
        Hdf5Edit edit(path_);
        change(edit);
    }
    static constexpr std::int64_t kRows = 20;
    test::ScratchDir dir_;
    std::string path_ = dir_.file("toy.h5");
};

struct Array {
    bool has_topics;  ///< in which kind of file it is
    std::string name;
    std::size_t least_chunks;  ///< in a file of 70,000 documents; a chunk has 65,536 elements
};
const std::vector<Array> kArrays{
    {true, "X/indices", 3},     {true, "X/data", 3},         {true, "X/indptr", 2},
    {true, "document_id", 2},   {true, "feature_counts", 1}, {true, "topics/indices", 1},
    {true, "topics/indptr", 2}, {true, "topics/names", 1},   {false, "y", 2},
};

// A flipped bit in each chunk, first, middle and last byte: the checksum's are among them.
TEST_F(DatasetArrays, AFlippedBitInAnyChunkIsRefusedByName) {
    for (const bool compress : {false, true}) {
        for (const bool has_topics : {true, false}) {
            test::write_toy(path_, 70'000, has_topics, compress);
            ASSERT_NO_THROW(read_all(path_));
            std::string bytes = test::read_bytes(path_);
            for (const Array& array : kArrays) {
                if (array.has_topics != has_topics) continue;
                const std::vector<Chunk> chunks = chunks_of(path_, array.name);
                EXPECT_GE(chunks.size(), array.least_chunks) << array.name;
                for (const Chunk& chunk : chunks) {
                    for (const std::size_t at :
                         {std::size_t{0}, chunk.bytes / 2, chunk.bytes - 1}) {
                        char& byte = bytes.at(chunk.offset + at);
                        byte = static_cast<char>(byte ^ 4);
                        test::write_bytes(path_, bytes);
                        EXPECT_TRUE(refuses(path_, array.name + " is damaged"))
                            << array.name << ": byte " << at << " of the chunk at " << chunk.offset
                            << (compress ? ", deflate" : "");
                        byte = static_cast<char>(byte ^ 4);
                    }
                }
                test::write_bytes(path_, bytes);
            }
        }
    }
}

/// One change to a sound file, and what must be said of it.
struct Wrong {
    std::string what;
    bool has_topics;
    std::function<void(Hdf5Edit&)> change;
    std::string says;
};

TEST_F(DatasetArrays, ContentThatCannotBeIsRefusedBeforeTraining) {
    using Int32s = std::vector<std::int32_t>;
    using Int64s = std::vector<std::int64_t>;
    const std::string counts = "feature_counts do not count the documents";
    const std::string finite = "row 1: a value is not finite";
    const std::string topic = "row 5: a topic number is out of range";
    const auto poke_count = [](std::int64_t value) {
        return [=](Hdf5Edit& edit) { edit.poke<std::int64_t>("feature_counts", 4, value); };
    };
    const auto poke_topic = [](std::int32_t value) {
        return [=](Hdf5Edit& edit) {  // the topics of document 5: ACAT, ECAT
            const auto at = edit.read<std::int64_t>("topics/indptr").at(5);
            edit.poke("topics/indices", static_cast<std::size_t>(at) + 1, value);
        };
    };
    const auto resize_topics = [](std::ptrdiff_t by) {
        return [=](Hdf5Edit& edit) {
            Int32s values = edit.read<std::int32_t>("topics/indices");
            values.resize(static_cast<std::size_t>(std::ssize(values) + by));
            edit.replace("topics/indices", H5T_STD_I32LE, values);
        };
    };
    const std::vector<Wrong> table{
        {"a negative count", true, poke_count(-1), counts},
        {"more documents than there are", true, poke_count(kRows + 1), counts},
        {"an enormous count", true, poke_count(std::numeric_limits<std::int64_t>::max()), counts},
        {"a count too few", true,
         [](Hdf5Edit& edit) {
             Int64s values = edit.read<std::int64_t>("feature_counts");
             --*std::ranges::find_if(values, [](std::int64_t n) { return n > 0; });
             edit.replace("feature_counts", H5T_STD_I64LE, values);
         },
         counts},
        {"a count too many", true,
         [](Hdf5Edit& edit) {
             const auto old = edit.read<std::int64_t>("feature_counts")[4];
             edit.poke<std::int64_t>("feature_counts", 4, old + 1);
         },
         counts},
        {"a negative topic", true, poke_topic(-1), topic},
        {"a topic without a name", true, poke_topic(4), topic},
        {"the largest topic", true, poke_topic(std::numeric_limits<std::int32_t>::max()), topic},
        {"a topic entry too few", true, resize_topics(-1), "row 20: topics/indptr"},
        {"a topic entry too many", true, resize_topics(1), "row 20: topics/indptr"},
        {"a value beyond float", true,
         [](Hdf5Edit& edit) {
             std::vector<double> values = edit.read<double>("X/data");
             values[0] = 1e300;
             edit.replace("X/data", H5T_IEEE_F64LE, values);
         },
         finite},
        {"a column beyond 32 bits", true,
         [](Hdf5Edit& edit) {
             Int64s values = edit.read<std::int64_t>("X/indices");
             values[0] += std::int64_t{1} << 32;
             edit.replace("X/indices", H5T_STD_I64LE, values);
         },
         "row 1: columns are not ascending or out of range"},
        {"a label beyond 8 bits", false,
         [](Hdf5Edit& edit) {
             Int32s values = edit.read<std::int32_t>("y");
             values[3] = 257;  // its low byte is 1
             edit.replace("y", H5T_STD_I32LE, values);
         },
         "row 3: label is not -1, 0 or +1"},
    };
    for (const Wrong& wrong : table) {
        write(wrong.has_topics, wrong.change);
        EXPECT_TRUE(refuses(path_, wrong.says)) << wrong.what;
    }
}

}  // namespace
}  // namespace hogwild::io
