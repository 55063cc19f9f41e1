#include <gtest/gtest.h>

#include <string>

#include "data/printable.hpp"

namespace hogwild::data {
namespace {

TEST(Printable, KeepsTextInAnyLanguage) {
    for (const std::string text :
         {"", "CCAT", "données d'été.svm", "数据/файл.h5", "a \\x1b b", "\xf0\x9f\x98\x80",
          "\xc2\xa0", "\xed\x9f\xbf", "\xee\x80\x80", "\xf4\x8f\xbf\xbf"}) {
        EXPECT_EQ(printable(text), text);
        EXPECT_EQ(printable_lines(text), text);
    }
}

TEST(Printable, EscapesControlCharacters) {
    EXPECT_EQ(printable("\x1b]0;title\x07"), "\\x1b]0;title\\x07");
    EXPECT_EQ(printable("a\r\n\tb\x7f"), "a\\x0d\\x0a\\x09b\\x7f");
    EXPECT_EQ(printable(std::string("a\0b", 3)), "a\\x00b");
    EXPECT_EQ(printable("\xc2\x9b"
                        "31m\xc2\x80\xc2\x9f"),
              "\\xc2\\x9b31m\\xc2\\x80\\xc2\\x9f");
}

TEST(Printable, EscapesWhatIsNotUtf8) {
    EXPECT_EQ(printable("donn\xe9"
                        "es"),
              "donn\\xe9es");  // Latin-1
    EXPECT_EQ(printable("\x9b"
                        "31m"),
              "\\x9b31m");                           // CSI in one byte
    EXPECT_EQ(printable("\xc0\x9b"), "\\xc0\\x9b");  // ESC, overlong
    EXPECT_EQ(printable("\xe0\x80\x9b"), "\\xe0\\x80\\x9b");
    EXPECT_EQ(printable("\xf0\x80\x80\x9b"), "\\xf0\\x80\\x80\\x9b");
    EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");           // a surrogate
    EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // above U+10FFFF
    EXPECT_EQ(printable("\xc3"), "\\xc3");                             // cut off
    EXPECT_EQ(printable("\xe2\x82"), "\\xe2\\x82");
    EXPECT_EQ(printable("\xe2\x28\xa1"), "\\xe2(\\xa1");
}

TEST(PrintableLines, KeepsLineFeedsAlone) {
    EXPECT_EQ(printable_lines("a = 1\nb = \x1b[31m\r\n"), "a = 1\nb = \\x1b[31m\\x0d\n");
}

}  // namespace
}  // namespace hogwild::data
