#include <gtest/gtest.h>

#include <map>
#include <random>
#include <utility>

#include "io/matrix/matrix_rows.hpp"
#include "support/expect_error.hpp"

namespace hogwild::io {
namespace {

using test::fails_with;

/// Numbers in memory, read in blocks of three.
class MemoryStream final : public NumberStream {
public:
    explicit MemoryStream(std::vector<double> values, const std::string& name)
        : NumberStream(name), values_(std::move(values)) {}
    std::int64_t length() const noexcept override { return std::ssize(values_); }
    std::int64_t block() const noexcept override { return 3; }
    void read(std::span<std::int64_t> out) override { copy_to(out); }
    void read(std::span<double> out) override { copy_to(out); }

private:
    template <class T>
    void copy_to(std::span<T> out) {
        for (T& value : out) value = static_cast<T>(values_[at_++]);
    }
    std::vector<double> values_;
    std::size_t at_ = 0;
};

class MemoryMatrix final : public MatrixFile {
public:
    MemoryMatrix(Layout layout, std::int64_t rows, std::int64_t columns) : MatrixFile("m") {
        set_layout(layout);
        set_shape(rows, columns);
    }
    std::unique_ptr<NumberStream> open(Part part) const override {
        ++opened;
        return std::make_unique<MemoryStream>(parts.at(part), name_of(part));
    }
    std::map<Part, std::vector<double>> parts;
    mutable int opened = 0;
};

using Dense = std::vector<std::vector<double>>;
using Part = MatrixFile::Part;

Dense random_matrix(std::size_t rows, std::size_t columns) {
    std::mt19937 random(7);
    Dense dense(rows, std::vector<double>(columns));
    for (auto& row : dense) {
        for (double& value : row) {
            if (random() % 3 == 0) value = static_cast<double>(random() % 100) / 4 + 0.25;
        }
    }
    dense[1].assign(columns, 0.0);
    return dense;
}

MemoryMatrix stored(const Dense& dense, MatrixFile::Layout layout) {
    const std::size_t rows = dense.size();
    const std::size_t columns = dense[0].size();
    MemoryMatrix matrix(layout, static_cast<std::int64_t>(rows),
                        static_cast<std::int64_t>(columns));
    auto& data = matrix.parts[Part::data];
    const bool by_columns = layout == MatrixFile::Layout::by_columns;
    matrix.parts[Part::indptr].push_back(0);
    for (std::size_t line = 0; line < (by_columns ? columns : rows); ++line) {
        for (std::size_t k = 0; k < (by_columns ? rows : columns); ++k) {
            const double value = by_columns ? dense[k][line] : dense[line][k];
            if (value == 0.0 && layout != MatrixFile::Layout::dense) continue;
            data.push_back(value);
            matrix.parts[Part::indices].push_back(static_cast<double>(k));
        }
        matrix.parts[Part::indptr].push_back(static_cast<double>(data.size()));
    }
    return matrix;
}

Dense read(const MemoryMatrix& matrix, std::int64_t budget = kColumnBudget) {
    Dense dense;
    const auto take = [&](const data::Document& document) {
        EXPECT_TRUE(std::ranges::is_sorted(document.index));
        std::vector<double> row(static_cast<std::size_t>(matrix.columns()));
        for (std::size_t k = 0; k < document.index.size(); ++k) {
            EXPECT_NE(document.value[k], 0.0F);
            row[document.index[k]] = static_cast<double>(document.value[k]);
        }
        dense.push_back(row);
    };
    for_each_row(matrix, take, budget);
    return dense;
}

TEST(MatrixRows, AreTheSameInAllLayouts) {
    const Dense dense = random_matrix(50, 20);
    for (const auto layout :
         {MatrixFile::Layout::by_rows, MatrixFile::Layout::by_columns, MatrixFile::Layout::dense}) {
        EXPECT_EQ(read(stored(dense, layout)), dense);
    }
}

TEST(MatrixRows, OfColumnsAreCollectedInParts) {
    const Dense dense = random_matrix(50, 20);
    const MemoryMatrix matrix = stored(dense, MatrixFile::Layout::by_columns);
    read(matrix);
    const int in_one_part = std::exchange(matrix.opened, 0);
    EXPECT_EQ(in_one_part, 6) << "once to count, once to collect";
    for (const std::int64_t budget : {0, 8, 100, 1000}) {  // bytes; a row always fits
        EXPECT_EQ(read(matrix, budget), dense);
        EXPECT_GT(std::exchange(matrix.opened, 0), in_one_part);
    }
}

TEST(MatrixRows, AddUpWhatOccursTwice) {
    for (const auto layout : {MatrixFile::Layout::by_rows, MatrixFile::Layout::by_columns}) {
        MemoryMatrix matrix(layout, 1, 1);
        matrix.parts = {
            {Part::indptr, {0, 3}}, {Part::indices, {0, 0, 0}}, {Part::data, {0.5, 2.0, 1.0}}};
        EXPECT_EQ(read(matrix), Dense{{3.5}});
    }
    MemoryMatrix matrix(MatrixFile::Layout::by_rows, 1, 1);
    matrix.parts = {{Part::indptr, {0, 2}}, {Part::indices, {0, 0}}, {Part::data, {3e38, 3e38}}};
    EXPECT_TRUE(fails_with(ExitCode::bad_data, "no finite number", [&] { read(matrix); }));
}

TEST(MatrixRows, KeepStoredZerosOfSparseMatrices) {
    MemoryMatrix matrix(MatrixFile::Layout::by_rows, 1, 2);
    matrix.parts = {{Part::indptr, {0, 1}}, {Part::indices, {1}}, {Part::data, {0.0}}};
    std::size_t entries = 0;
    for_each_row(matrix, [&](const data::Document& d) { entries += d.index.size(); });
    EXPECT_EQ(entries, 1U);
}

}  // namespace
}  // namespace hogwild::io
