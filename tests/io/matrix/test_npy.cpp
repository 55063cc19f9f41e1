#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "io/matrix/label_column.hpp"
#include "io/matrix/npy.hpp"
#include "support/expect_error.hpp"
#include "support/scratch_dir.hpp"

namespace hogwild::io {
namespace {

using test::fails_with;

NpyHeader header_of(const std::string& type, const std::string& shape) {
    return parse_npy_header(
        "{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }", "f");
}

std::string npy(const std::string& type, const std::string& shape, const std::string& elements) {
    const std::string literal =
        "{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }\n";
    return std::string(kNpyMagic) + '\1' + '\0' + static_cast<char>(literal.size()) + '\0' +
           literal + elements;
}

TEST(NpyHeader, SaysTypeAndShape) {
    const NpyHeader h = header_of(">i2", "(3, 4)");
    EXPECT_EQ(h.kind, 'i');
    EXPECT_EQ(h.item_bytes, 2);
    EXPECT_TRUE(h.big_endian);
    EXPECT_FALSE(h.fortran_order);
    EXPECT_EQ(h.shape, (std::vector<std::int64_t>{3, 4}));
    EXPECT_EQ(h.elements(), 12);
    EXPECT_EQ(header_of("|S3", "()").elements(), 1);
    EXPECT_EQ(header_of("<U3", "(7L,)").item_bytes, 12);
    EXPECT_TRUE(parse_npy_header(R"({ "shape":(1,),"fortran_order" :True , "descr":"<f8"})", "f")
                    .fortran_order);
}

TEST(NpyHeader, ProductsBeyond64BitsAreTheLargestNumber) {
    EXPECT_EQ(header_of("<f8", "(4294967296, 4294967296)").elements(),
              std::numeric_limits<std::int64_t>::max());
    test::ScratchDir dir;
    test::write_bytes(dir.file("a"), npy("|i1", "(4294967296, 4294967296)", "x"));
    EXPECT_TRUE(fails_with(ExitCode::bad_data, "claims 9223372036854775807 elements",
                           [&] { read_npy_header(*open_bytes(dir.file("a"))); }));
}

TEST(NpyNumbers, AreConvertedFromEveryType) {
    const test::ScratchDir dir;
    const auto numbers = [&](const std::string& type, const std::string& bytes) {
        test::write_bytes(dir.file("a"), npy(type, "(2,)", bytes));
        NumberQueue<double> queue(open_npy_numbers(open_bytes(dir.file("a")), false));
        std::vector<double> values;
        queue.take(2, values);
        return values;
    };
    using Two = std::vector<double>;
    using namespace std::string_literals;
    EXPECT_EQ(numbers("|b1", "\x01\x00"s), (Two{1, 0}));
    EXPECT_EQ(numbers("|i1", "\xff\x7f"s), (Two{-1, 127}));
    EXPECT_EQ(numbers("|u1", "\xff\x7f"s), (Two{255, 127}));
    EXPECT_EQ(numbers("<i2", "\xfe\xff\x00\x01"s), (Two{-2, 256}));
    EXPECT_EQ(numbers(">i2", "\xff\xfe\x01\x00"s), (Two{-2, 256}));
    EXPECT_EQ(numbers("<u4", "\xff\xff\xff\xff\x01\x00\x00\x00"s), (Two{4294967295.0, 1}));
    EXPECT_EQ(numbers(">f4", "\x3f\x80\x00\x00\xc0\x00\x00\x00"s), (Two{1, -2}));
    EXPECT_EQ(numbers("<f8", "\0\0\0\0\0\0\xf0\x3f\0\0\0\0\0\0\0\xc0"s), (Two{1, -2}));
    EXPECT_EQ(numbers("<i8", "\xff\xff\xff\xff\xff\xff\xff\xff\x05\0\0\0\0\0\0\0"s), (Two{-1, 5}));
}

TEST(NpyNumbers, BeyondSigned64BitsAreNoIntegers) {
    const test::ScratchDir dir;
    test::write_bytes(dir.file("a"), npy("<u8", "(1,)", std::string(8, '\xff')));
    const auto stream = open_npy_numbers(open_bytes(dir.file("a")), true);
    std::int64_t value = 0;
    EXPECT_TRUE(fails_with(ExitCode::bad_data, "18446744073709551615, which is too large",
                           [&] { stream->read(std::span(&value, 1)); }));
}

TEST(LabelColumn, SpellsNumbersAsShortAsTheyCanBe) {
    LabelColumn column;
    for (const double value : {1.0, -0.0, 0.5, 1e6, -3.0, std::nan("")}) column.add(value);
    column.add("?");
    column.add("0");
    const std::vector<std::string> expected{"1", "0", "0.5", "1000000", "-3", "?", "?", "0"};
    for (std::size_t k = 0; k < expected.size(); ++k) {
        EXPECT_EQ(column[static_cast<std::int64_t>(k)], expected[k]);
    }
    EXPECT_EQ(column.texts().size(), 5U) << "each once";
}

}  // namespace
}  // namespace hogwild::io
