#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "data/permutation.hpp"

namespace hogwild::data {

/// Half-open range of rows.
struct Range {
    std::int64_t begin = 0;
    std::int64_t end = 0;
    std::int64_t size() const noexcept { return end - begin; }
};

/// Part `part` of 0 .. n-1 cut into `parts` contiguous ranges whose sizes differ by at most one.
Range equal_part(std::int64_t n, std::int64_t parts, std::int64_t part);

/// Merges ranges that are at most `gap` rows apart.
/// @param ranges  ascending, without overlap.
std::vector<Range> joined(const std::vector<Range>& ranges, std::int64_t gap);
/// All numbers in the ranges, one after another.
std::vector<std::int64_t> numbers_in(std::span<const Range> ranges);

/// An order of the rows of a file. Cut into contiguous pieces, it assigns rows to parts.
///
/// In a file that is sorted (by label, by date), contiguous parts would contain different kinds of
/// documents. Dealing cuts the file into units of consecutive rows and gives every part one unit of
/// each
/// stripe of `parts` units. The unit is drawn at random, so that no pattern in the file can
/// coincide with the stripes.
class RowDeal {
public:
    /// The order of the file.
    explicit RowDeal(std::int64_t rows) noexcept : rows_(rows) {}
    /// Dealt. Units are single rows as long as every part may read the whole file; in large files
    /// they are hundreds to thousands of rows, which can be read on their own.
    /// @param rows  of the file, >= 0.   @param parts  > 0; with one part: the order of the file.
    RowDeal(std::int64_t rows, int parts, std::uint64_t seed);

    std::int64_t rows() const noexcept { return rows_; }
    /// The row at a position of the order, 0 <= position < rows().
    std::int64_t operator()(std::int64_t position) const noexcept {
        const std::int64_t unit = position / unit_;
        if (unit >= static_cast<std::int64_t>(units_.size())) return position;
        return units_[static_cast<std::size_t>(unit)] * unit_ + position % unit_;
    }
    /// The rows at these positions: ascending ranges that do not touch each other.
    std::vector<Range> ranges(Range positions) const;

private:
    std::int64_t rows_;
    std::int64_t unit_ = 1;  ///< rows
    std::vector<std::int64_t>
        units_;  ///< numbers of the whole units, in the order; empty: the order of the file
};

/// Which rows of a training file are held out for validation.
///
/// Exactly round(fraction * n) rows, chosen by a pseudo-random permutation of (n, seed) alone:
/// neither shards nor ranks change the choice.
class ValidationSplit {
public:
    /// @param n         rows of the file, >= 0.
    /// @param fraction  in [0, 1).
    ValidationSplit(std::int64_t n, double fraction, std::uint64_t seed);

    /// The held-out row number k, for 0 <= k < validation_rows(), in random order.
    std::int64_t held_out(std::int64_t k) const noexcept { return permutation_.inverse(k); }
    /// The training row number k, for 0 <= k < training_rows(), in random order.
    std::int64_t training(std::int64_t k) const noexcept {
        return permutation_.inverse(validation_ + k);
    }
    /// By row, whether it is held out.
    std::vector<bool> held_out_rows() const;
    std::int64_t rows() const noexcept { return n_; }
    std::int64_t validation_rows() const noexcept { return validation_; }
    std::int64_t training_rows() const noexcept { return n_ - validation_; }

private:
    std::int64_t n_;
    std::int64_t validation_;
    Permutation permutation_;
};

/// Cuts rows into contiguous ranges of nearly equal training cost.
///
/// @param n     rows of a file, or positions of a RowDeal.
/// @param cost  cost of a row, >= 0, 0 for held-out rows; called twice for every row.
/// @return      `parts` ranges that cover 0 .. n-1 in order; with unit costs the numbers of
///              training rows differ by at most one.
std::vector<Range> cut_rows(std::int64_t n, int parts,
                            const std::function<std::int64_t(std::int64_t)>& cost);

}  // namespace hogwild::data
