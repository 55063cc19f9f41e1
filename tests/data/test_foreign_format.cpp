#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "data/foreign_format.hpp"

namespace hogwild::data {
namespace {

TEST(ForeignFormat, FilesThatAreNoTextAreNamed) {
    struct Case {
        std::string head;
        std::string name;
    };
    for (const Case& c :
         {Case{"PK\x03\x04rest", "ZIP"},
          Case{std::string("\xff\xfe"
                           "1\0 \0",
                           6),
               "UTF-16"},
          Case{std::string("\xfe\xff\0"
                           "1",
                           4),
               "UTF-16"},
          Case{std::string("+\0"
                           "1\0 \0",
                           6),
               "UTF-16LE"},
          Case{std::string("\0+\0"
                           "1\0 \0"
                           "1",
                           8),
               "UTF-16BE"},
          Case{std::string("\xff\xfe\0\0+\0\0\0", 8), "UTF-32"},
          Case{std::string("\0\0\xfe\xff\0\0\0+", 8), "UTF-32"}, Case{"\x89HDF\r\n\x1a\n", "HDF5"},
          Case{"\x93NUMPY", "NumPy"}, Case{"PAR1", "Parquet"}, Case{"%PDF-1.4", "PDF"},
          Case{"\n  <!DOCTYPE html><html>", "web page"}, Case{"<HTML>", "web page"},
          Case{"version https://git-lfs.github.com/spec/v1\noid", "git lfs pull"}}) {
        EXPECT_NE(foreign_format(c.head).find(c.name), std::string::npos) << c.name;
    }
}

TEST(ForeignFormat, TextOfDocumentsIsNot) {
    const std::vector<std::string> texts{"",
                                         "+1 1:2",
                                         "26151  1:0.5",
                                         "# <html>",
                                         "\xef\xbb\xbf+1 1:2",
                                         "PAX 1 1",
                                         "versions 1 1",
                                         "<x 1 1",
                                         std::string("1\0", 2),
                                         std::string("1 1:2\0\0\0", 8)};
    for (const std::string& text : texts) {
        EXPECT_EQ(foreign_format(text), "") << text;
    }
    for (const std::string line : {"", "x", "1 1", "1 1:x", "1,2 1:x", "1:2 3:4"}) {
        EXPECT_EQ(foreign_line(line), "") << line;
    }
}

}  // namespace
}  // namespace hogwild::data
