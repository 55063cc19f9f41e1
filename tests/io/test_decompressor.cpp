// Compressed text of every format: what was packed comes back, and no damage passes for the end.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>

#include "data/error.hpp"
#include "io/text_reader.hpp"
#include "support/compress.hpp"
#include "support/expect_error.hpp"
#include "support/scratch_dir.hpp"

namespace hogwild::io {
namespace {

using test::fails_with;
using test::write_bytes;

struct Format {
    const char* name;
    std::string (*pack)(const std::string& text);
};

std::string pack_gzip(const std::string& text) { return test::gzip(text); }

class DecompressorTest : public testing::TestWithParam<Format> {
protected:
    std::string pack(const std::string& text) const { return GetParam().pack(text); }
    /// All lines of a file with this content, each with a line feed.
    std::string read(const std::string& bytes) {
        write_bytes(path_, bytes);
        TextReader reader(path_);
        std::string text;
        for (std::string_view line; reader.next(line);) text += std::string(line) + "\n";
        return text;
    }

    test::ScratchDir dir_;
    std::string path_ = dir_.file("text.dat");
};

/// Lines of random numbers, which compress badly: the stream is nearly as long as the text.
std::string random_lines(int count, unsigned seed) {
    std::mt19937_64 engine(seed);
    std::string text;
    for (int k = 0; k < count; ++k) text += std::to_string(engine()) + "\n";
    return text;
}

TEST_P(DecompressorTest, TextComesBack) {
    EXPECT_EQ(read(pack("one\ntwo\n")), "one\ntwo\n");
    EXPECT_EQ(read(pack("")), "");
    const std::string long_text = random_lines(200'000, 1);  // many blocks of the reader
    EXPECT_TRUE(read(pack(long_text)) == long_text);
    const std::string repeated(3 << 20, 'x');  // a few bytes hold many blocks of text
    EXPECT_TRUE(read(pack(repeated)) == repeated + "\n");
}

TEST_P(DecompressorTest, SeveralMembersAreOneText) {
    const std::string first = random_lines(30'000, 1);
    const std::string second = random_lines(5, 2);
    EXPECT_TRUE(read(pack(first) + pack("") + pack(second) + pack(first)) ==
                first + second + first);
}

TEST_P(DecompressorTest, TruncatedFilesAreBadData) {
    const std::string bytes = pack(random_lines(2000, 1));
    for (std::size_t length = 12; length < bytes.size(); length += 1501) {
        EXPECT_TRUE(fails_with(ExitCode::bad_data, path_ + ": compressed file is truncated",
                               [&] { read(bytes.substr(0, length)); }))
            << length << " of " << bytes.size();
    }
    for (std::size_t cut = 1; cut < 13; ++cut) {
        EXPECT_TRUE(fails_with(ExitCode::bad_data, "truncated", [&] {
            read(bytes.substr(0, bytes.size() - cut));
        })) << cut;
        EXPECT_TRUE(fails_with(ExitCode::bad_data, "truncated", [&] {
            read(bytes + bytes.substr(0, bytes.size() - cut));
        })) << cut;
    }
}

TEST_P(DecompressorTest, DamagedFilesAreBadDataOrHarmless) {
    const std::string text = random_lines(60, 1);
    const std::string bytes = pack(text);
    int refused = 0;
    int tried = 0;
    for (std::size_t at = 6; at < bytes.size(); at += at < 32 ? 1 : 3, ++tried) {
        std::string damaged = bytes;
        damaged[at] = static_cast<char>(damaged[at] ^ (1 << (at % 8)));
        try {
            EXPECT_EQ(read(damaged), text) << "byte " << at;
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), ExitCode::bad_data) << "byte " << at << ": " << error.what();
            ++refused;
        }
    }
    EXPECT_GT(refused, tried - 20) << "only bytes of a header are harmless";
}

TEST_P(DecompressorTest, WhatFollowsMustBeAnotherMember) {
    const std::string member = pack(random_lines(100, 1));
    for (const std::string tail : {"x", "more lines\n", "BZh0", "\x1f\x8c"}) {
        EXPECT_TRUE(fails_with(ExitCode::bad_data, path_, [&] { read(member + tail); })) << tail;
    }
}

INSTANTIATE_TEST_SUITE_P(Formats, DecompressorTest,
                         testing::Values(Format{"gzip", pack_gzip}, Format{"bzip2", test::bzip2},
                                         Format{"xz", test::xz}, Format{"zstd", test::zstd}),
                         [](const auto& format) { return std::string(format.param.name); });

}  // namespace
}  // namespace hogwild::io
