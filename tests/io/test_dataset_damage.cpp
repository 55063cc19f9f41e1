// Damaged files: whatever byte is wrong, a reader refuses the file or is not affected.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "io/dataset_file.hpp"
#include "support/child_process.hpp"
#include "support/expect_error.hpp"
#include "support/flipped_bytes.hpp"
#include "support/scratch_dir.hpp"
#include "support/toy_dataset.hpp"

namespace hogwild::io {
namespace {

using test::fails_with;
using test::FlippedBytes;

using Offsets = std::vector<std::size_t>;

/// Every byte of the texts in the file's attributes, and of the words before them.
Offsets text_offsets(const std::string& bytes, const std::vector<std::string>& texts) {
    std::vector<bool> chosen(bytes.size());
    for (const std::string& text : texts) {
        const std::size_t found = bytes.find(text);
        EXPECT_NE(found, std::string::npos) << text;
        for (std::size_t at = found - 16; at < found + text.size(); ++at) chosen[at] = true;
    }
    Offsets offsets;
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        if (chosen[at]) offsets.push_back(at);
    }
    return offsets;
}

class DatasetDamage : public testing::Test {
protected:
    std::string toy_bytes(bool has_topics, bool compress) {
        test::write_toy(good_, 20, has_topics, compress);
        return test::read_bytes(good_);
    }
    void expect_sound(const std::string& bytes, const Offsets& offsets) {
        FlippedBytes flipped(bytes, dir_.file("damaged.h5"), test::whole_content);
        const std::vector<std::string> troubles = flipped.run(offsets);
        for (const std::string& trouble : troubles) ADD_FAILURE() << trouble;
        if (troubles.empty()) {
            EXPECT_GT(flipped.refused(), offsets.size() / 2) << "most damage can be seen";
        }
    }
    test::ScratchDir dir_;
    std::string good_ = dir_.file("good.h5");
};

TEST_F(DatasetDamage, FlippedBitsEverywhere) {
    for (const bool has_topics : {true, false}) {
        for (const bool compress : {true, false}) {
            const std::string bytes = toy_bytes(has_topics, compress);
            Offsets offsets;
            for (std::size_t at = has_topics ? 0 : 5; at < bytes.size(); at += 43) {
                offsets.push_back(at);
            }
            SCOPED_TRACE(std::string(has_topics ? "topics" : "y") + (compress ? ", deflate" : ""));
            expect_sound(bytes, offsets);
        }
    }
}

TEST_F(DatasetDamage, FlippedBitsInTheFirstKilobyte) {
    const std::string bytes = toy_bytes(true, false);
    Offsets offsets(1024);
    std::iota(offsets.begin(), offsets.end(), std::size_t{0});
    FlippedBytes flipped(bytes, dir_.file("damaged.h5"), test::whole_content);
    for (const std::string& trouble : flipped.run(offsets)) ADD_FAILURE() << trouble;
}

TEST_F(DatasetDamage, FlippedBitsInTheTextsOfAttributes) {
    const std::string bytes = toy_bytes(true, false);
    const DatasetHeader header = test::toy_header(20, true);
    expect_sound(bytes, text_offsets(bytes, {header.digest, header.tool, header.sources[0],
                                             header.sources[1], header.source_digests[0],
                                             kDatasetSchema, "csr_matrix"}));
}

// 4 KiB of zeros, as after a crash of the machine.
TEST_F(DatasetDamage, AHoleOfZeros) {
    const std::string bytes = toy_bytes(true, false);
    const std::string path = dir_.file("damaged.h5");
    const std::string expected = test::whole_content(good_);
    for (std::size_t at = 0; at < bytes.size(); at += 4096) {
        std::string damaged = bytes;
        const std::size_t end = std::min(bytes.size(), at + 4096);
        std::fill(damaged.begin() + static_cast<std::ptrdiff_t>(at),
                  damaged.begin() + static_cast<std::ptrdiff_t>(end), '\0');
        test::write_bytes(path, damaged);
        const std::string outcome = test::in_child([&] {
            if (test::whole_content(path) != expected) throw std::runtime_error("other content");
        });
        EXPECT_TRUE(outcome.empty() || outcome.starts_with("code 65:"))
            << "hole at " << at << ": " << outcome;
    }
}

TEST_F(DatasetDamage, TruncatedFilesAreBadData) {
    const std::string path = dir_.file("truncated.h5");
    for (const bool has_topics : {true, false}) {
        const std::string bytes = toy_bytes(has_topics, !has_topics);
        Offsets lengths{0, 1, 7, 8, 9, 47, 48, 49, bytes.size() - 2, bytes.size() - 1};
        for (std::size_t length = 96; length < bytes.size(); length += 101) {
            lengths.push_back(length);
        }
        for (const std::size_t length : lengths) {
            test::write_bytes(path, bytes.substr(0, length));
            EXPECT_TRUE(fails_with(ExitCode::bad_data, path, [&] { DatasetFile{path}; }))
                << length << " of " << bytes.size() << " bytes";
        }
    }
}

}  // namespace
}  // namespace hogwild::io
