#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "data/line_cursor.hpp"
#include "io/digest.hpp"
#include "io/text_reader.hpp"
#include "support/compress.hpp"
#include "support/expect_error.hpp"
#include "support/scratch_dir.hpp"

namespace hogwild::io {
namespace {

using test::fails_with;
using test::gzip;
using test::write_bytes;

constexpr std::size_t kMiB = std::size_t{1} << 20;

struct Text {
    std::vector<std::string> lines;
    std::string digest;
};

Text read_all(TextReader& reader) {
    Text text;
    std::string_view line;
    while (reader.next(line)) {
        text.lines.emplace_back(line);
        EXPECT_EQ(reader.line_number(), std::ssize(text.lines));
    }
    EXPECT_FALSE(reader.next(line)) << "the end stays the end";
    text.digest = reader.digest();
    return text;
}

Text read_all(const std::string& path) {
    TextReader reader(path);
    return read_all(reader);
}

std::string digest_of(const std::string& text) {
    Digest digest;
    digest.update(text.data(), text.size());
    return digest.hex();
}

std::string numbered_lines(const std::string& word, int count) {
    std::string text;
    for (std::int64_t k = 0; k < count; ++k) text += word + " " + std::to_string(k * k) + "\n";
    return text;
}

class TextReaderTest : public testing::Test {
protected:
    /// The lines of a file with this content.
    Text read_content(const std::string& bytes) {
        write_bytes(path_, bytes);
        return read_all(path_);
    }
    test::ScratchDir dir_;
    std::string path_ = dir_.file("text.dat");
};

TEST_F(TextReaderTest, PlainLines) {
    const std::string text = "one\n\n three \r\nfour\n";
    const Text read = read_content(text);
    EXPECT_EQ(read.lines, (std::vector<std::string>{"one", "", " three \r", "four"}));
    EXPECT_EQ(read.digest, digest_of(text));
}

TEST_F(TextReaderTest, TheLastLineNeedsNoNewline) {
    EXPECT_EQ(read_content("one\ntwo").lines, (std::vector<std::string>{"one", "two"}));
    EXPECT_EQ(read_content(gzip("one\ntwo")).lines, (std::vector<std::string>{"one", "two"}));
    EXPECT_EQ(read_content("x").lines, (std::vector<std::string>{"x"}));
}

TEST_F(TextReaderTest, EmptyFilesHaveNoLines) {
    const Text plain = read_content("");
    EXPECT_TRUE(plain.lines.empty());
    EXPECT_EQ(plain.digest, digest_of(""));
    const Text compressed = read_content(gzip(""));
    EXPECT_TRUE(compressed.lines.empty());
    EXPECT_EQ(compressed.digest, plain.digest);
    EXPECT_EQ(read_content("\n").lines, (std::vector<std::string>{""}));
    EXPECT_EQ(read_content("\n\n").lines, (std::vector<std::string>{"", ""}));
}

TEST_F(TextReaderTest, AByteOrderMarkIsNoPartOfTheText) {
    const std::string text =
        "\xef\xbb\xbf"
        "one\r\ntwo\n";
    for (const std::string& bytes : {text, gzip(text)}) {
        const Text read = read_content(bytes);
        EXPECT_EQ(read.lines, (std::vector<std::string>{"one\r", "two"}));
        EXPECT_EQ(read.digest, digest_of(text)) << "of all bytes";
    }
    EXPECT_TRUE(read_content("\xef\xbb\xbf").lines.empty());
    EXPECT_EQ(read_content("one\n\xef\xbb\xbf"
                           "two")
                  .lines[1],
              "\xef\xbb\xbf"
              "two");
}

TEST_F(TextReaderTest, FilesThatAreNoTextAreRefusedByName) {
    EXPECT_TRUE(fails_with(ExitCode::bad_data, path_ + ": is a ZIP archive",
                           [&] { read_content("PK\x03\x04 and more"); }));
    EXPECT_TRUE(fails_with(ExitCode::bad_data, path_ + ": is a pointer of Git LFS", [&] {
        read_content("version https://git-lfs.github.com/spec/v1\noid sha256:1\n");
    }));
}

TEST_F(TextReaderTest, PlainAndGzipAreToldApartByContent) {
    const std::string text = numbered_lines("line", 1000);
    write_bytes(dir_.file("plain.gz"), text);
    write_bytes(dir_.file("compressed.dat"), gzip(text));
    const Text plain = read_all(dir_.file("plain.gz"));
    const Text compressed = read_all(dir_.file("compressed.dat"));
    ASSERT_EQ(plain.lines.size(), 1000U);
    EXPECT_EQ(plain.lines[999], "line 998001");
    EXPECT_EQ(compressed.lines, plain.lines);
    EXPECT_EQ(compressed.digest, plain.digest);
    EXPECT_EQ(plain.digest, digest_of(text));
}

// What is packed is looked at as files are.
TEST_F(TextReaderTest, WhatIsPackedIsNamedWhereItIsNoText) {
    const std::pair<std::string, const char*> cases[] = {{std::string("\xff\xfe+\0", 4), "UTF-16"},
                                                         {std::string("+\0"
                                                                      "1\0",
                                                                      4),
                                                          "UTF-16LE"},
                                                         {"<!DOCTYPE html>", "web page"},
                                                         {"PK\x03\x04", "ZIP"}};
    for (const auto& [bytes, name] : cases) {
        const auto read = [packed = gzip(bytes), this] { read_content(packed); };
        EXPECT_TRUE(fails_with(ExitCode::bad_data, name, read));
        EXPECT_TRUE(fails_with(ExitCode::bad_data, ", unpacked: is", read));
    }
}

TEST_F(TextReaderTest, SeveralGzipMembersAreOneText) {
    const std::string first = numbered_lines("first", 500) + "half a li";
    const std::string second = "ne\n" + numbered_lines("second", 500);
    const Text read = read_content(gzip(first) + gzip("") + gzip(second));
    EXPECT_EQ(read.lines.size(), 1001U);
    EXPECT_EQ(read.lines.at(500), "half a line");
    EXPECT_EQ(read.digest, digest_of(first + second));
}

// Readers take the file in blocks; a member may begin anywhere in one.
TEST_F(TextReaderTest, AMemberMayBeginAnywhere) {
    const auto member_of_size = [](std::size_t size) {  // stored: as long as its text and a little
        std::string text(size, 'x');
        while (gzip(text, 0).size() != size) text.resize(text.size() + size - gzip(text, 0).size());
        return gzip(text, 0);
    };
    for (const std::size_t block : {kMiB / 16, kMiB / 4, kMiB}) {
        for (const std::size_t start : {block - 1, block, block + 1}) {
            const Text read = read_content(member_of_size(start) + gzip("\nlast line\n"));
            ASSERT_EQ(read.lines.size(), 2U) << start;
            EXPECT_EQ(read.lines[1], "last line") << start;
        }
    }
}

TEST_F(TextReaderTest, LinesThatCrossBlocks) {
    std::vector<std::string> lines;
    std::string text;
    char letter = 'a';
    for (const std::size_t length : {kMiB - 1, kMiB, kMiB + 1, std::size_t{0}, 3 * kMiB + 5,
                                     std::size_t{1}, 2 * kMiB - 2, std::size_t{0}, kMiB / 2}) {
        lines.emplace_back(length, letter++);
        if (length > 2) lines.back()[length / 2] = '|';
        text += lines.back() + "\n";
    }
    for (const std::string& bytes : {text, gzip(text, 1)}) {
        const Text read = read_content(bytes);
        ASSERT_EQ(read.lines.size(), lines.size());
        for (std::size_t k = 0; k < lines.size(); ++k) {
            EXPECT_TRUE(read.lines[k] == lines[k]) << "line " << k + 1;
        }
        EXPECT_EQ(read.digest, digest_of(text));
    }
}

TEST_F(TextReaderTest, NewlinesAtTheEdgeOfABlock) {
    for (const std::size_t size : {kMiB - 1, kMiB, kMiB + 1, 2 * kMiB}) {
        std::string text;
        while (text.size() < size) text += std::string(63, 'x') + "\n";
        text.resize(size, '\n');
        text.back() = '\n';
        std::vector<std::string> expected;
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t stop = text.find('\n', at);
            expected.push_back(text.substr(at, stop - at));
            at = stop + 1;
        }
        EXPECT_TRUE(read_content(text).lines == expected) << size;
        EXPECT_TRUE(read_content(text + "tail").lines.back() == "tail") << size;
    }
}

TEST_F(TextReaderTest, TruncatedGzipIsBadData) {
    const std::string bytes = gzip(numbered_lines("line", 2000));
    for (std::size_t length = 2; length < bytes.size(); length += 151) {
        EXPECT_TRUE(fails_with(ExitCode::bad_data, "truncated",
                               [&] { read_content(bytes.substr(0, length)); }))
            << length << " of " << bytes.size() << " bytes";
    }
    EXPECT_TRUE(fails_with(ExitCode::bad_data, path_,
                           [&] { read_content(bytes.substr(0, bytes.size() - 1)); }));
}

TEST_F(TextReaderTest, GzipTruncatedInALaterMemberOrBlockIsBadData) {
    const std::string first = gzip(numbered_lines("first", 1000));
    const std::string second = gzip(std::string(3 * kMiB, 'x'), 1);
    for (const std::size_t kept : {std::size_t{2}, std::size_t{12}, second.size() / 2,
                                   second.size() - 8, second.size() - 1}) {
        EXPECT_TRUE(fails_with(ExitCode::bad_data, "truncated", [&] {
            read_content(first + second.substr(0, kept));
        })) << kept;
    }
}

TEST_F(TextReaderTest, DamagedGzipIsBadDataOrHarmless) {
    const std::string text = numbered_lines("line", 300);
    const std::string bytes = gzip(text);
    int refused = 0;
    for (std::size_t at = 2; at < bytes.size(); at += at < 32 ? 1 : 3) {
        std::string damaged = bytes;
        damaged[at] = static_cast<char>(damaged[at] ^ (1 << (at % 8)));
        try {
            EXPECT_EQ(read_content(damaged).digest, digest_of(text)) << "byte " << at;
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), ExitCode::bad_data) << "byte " << at << ": " << error.what();
            ++refused;
        }
    }
    EXPECT_GT(refused, static_cast<int>(bytes.size()) / 3 - 20) << "only header bytes are harmless";
}

// What follows the first member is not its padding: without it documents would be missing.
TEST_F(TextReaderTest, DamageAtTheStartOfALaterMemberIsBadData) {
    const std::string first = gzip(numbered_lines("first", 100));
    for (const std::size_t at : {std::size_t{0}, std::size_t{1}}) {
        std::string second = gzip(numbered_lines("second", 100));
        second[at] = static_cast<char>(second[at] ^ 1);
        EXPECT_TRUE(fails_with(ExitCode::bad_data, path_, [&] { read_content(first + second); }))
            << "byte " << at << " of the second member";
    }
}

TEST_F(TextReaderTest, WhatFollowsAGzipMemberMustBeAnother) {
    const std::string member = gzip(numbered_lines("line", 100));
    for (const std::string tail : {"x", "\x1f", "more lines\n", "\x1f\x8c"}) {
        EXPECT_TRUE(fails_with(ExitCode::bad_data, path_, [&] { read_content(member + tail); }))
            << tail;
    }
}

TEST_F(TextReaderTest, MissingFilesAndDirectoriesAreNoInput) {
    EXPECT_TRUE(fails_with(ExitCode::no_input, "nowhere.dat: No such file",
                           [&] { TextReader(dir_.file("nowhere.dat")); }));
    EXPECT_TRUE(fails_with(ExitCode::no_input, "is a directory", [&] { TextReader(dir_.path()); }));
}

TEST_F(TextReaderTest, OverlongLinesAreBadData) {
    write_bytes(path_, gzip("short\n" + std::string(66 * kMiB, 'x'), 1));
    TextReader reader(path_);
    std::string_view line;
    EXPECT_TRUE(reader.next(line));
    EXPECT_TRUE(
        fails_with(ExitCode::bad_data, path_ + ":2: line longer", [&] { reader.next(line); }));
}

TEST_F(TextReaderTest, TellsHowFarItIs) {
    const std::string text = numbered_lines("line", 200'000);
    for (const std::string& bytes : {text, gzip(text)}) {
        write_bytes(path_, bytes);
        TextReader reader(path_);
        EXPECT_EQ(reader.name(), path_);
        EXPECT_EQ(reader.stored_size(), std::ssize(bytes));
        EXPECT_EQ(reader.line_number(), 0);
        std::string_view line;
        std::int64_t last = 0;
        while (reader.next(line)) {
            EXPECT_GE(reader.stored_position(), last);
            last = reader.stored_position();
        }
        EXPECT_EQ(reader.stored_position(), std::ssize(bytes));
    }
}

TEST_F(TextReaderTest, CanBeMoved) {
    write_bytes(path_, "one\ntwo\nthree\n");
    TextReader first(path_);
    std::string_view line;
    ASSERT_TRUE(first.next(line));
    TextReader second(std::move(first));
    ASSERT_TRUE(second.next(line));
    EXPECT_EQ(line, "two");
    EXPECT_EQ(second.line_number(), 2);
}

TEST_F(TextReaderTest, ForEachLineCallsForEveryLine) {
    write_bytes(path_, "a\n\nb");
    TextReader reader(path_);
    std::vector<std::string> lines;
    for_each_line(reader, [&](std::string_view line) { lines.emplace_back(line); });
    EXPECT_EQ(lines, (std::vector<std::string>{"a", "", "b"}));
}

TEST_F(TextReaderTest, ForEachLineSaysWhere) {
    write_bytes(path_, "good\ngood\nbad\ngood\n");
    TextReader reader(path_);
    const auto parse = [](std::string_view line) {
        if (line == "bad") throw data::LineError(17, "no such thing");
    };
    EXPECT_TRUE(fails_with(ExitCode::bad_data, path_ + ":3:17: no such thing",
                           [&] { for_each_line(reader, parse); }));
}

TEST_F(TextReaderTest, ForEachLineLeavesOtherErrorsAlone) {
    write_bytes(path_, "line\n");
    TextReader reader(path_);
    EXPECT_TRUE(fails_with(ExitCode::stopped_early, "enough", [&] {
        for_each_line(reader,
                      [](std::string_view) { throw Error(ExitCode::stopped_early, "enough"); });
    }));
}

}  // namespace
}  // namespace hogwild::io
