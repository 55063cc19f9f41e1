#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include "hogwild/data/permutation.hpp"

namespace hogwild::data {

/// Half-open range of rows.
struct Range {
    std::int64_t begin = 0;
    std::int64_t end = 0;
    std::int64_t size() const noexcept { return end - begin; }
};

/// Part `part` of 0 .. n-1 cut into `parts` contiguous ranges whose sizes differ by at most one.
Range equal_part(std::int64_t n, std::int64_t parts, std::int64_t part);

/// Which rows of a training file are held out for validation.
///
/// Exactly round(fraction * n) rows, chosen by a pseudo-random permutation of (n, seed) alone:
/// neither shards nor ranks change the choice.
class ValidationSplit {
public:
    /// @param n         rows of the file, >= 0.
    /// @param fraction  in [0, 1).
    ValidationSplit(std::int64_t n, double fraction, std::uint64_t seed);

    bool holds_out(std::int64_t row) const noexcept {
        return validation_ > 0 && permutation_(row) < validation_;
    }
    std::int64_t rows() const noexcept { return n_; }
    std::int64_t validation_rows() const noexcept { return validation_; }
    std::int64_t training_rows() const noexcept { return n_ - validation_; }

private:
    std::int64_t n_;
    std::int64_t validation_;
    Permutation permutation_;
};

/// Cuts the rows of a file into contiguous ranges of nearly equal training cost.
///
/// @param cost  cost of a row, >= 0, 0 for held-out rows; called twice for every row.
/// @return      `parts` ranges that cover 0 .. n-1 in order; with unit costs the numbers of
///              training rows differ by at most one.
std::vector<Range> cut_rows(std::int64_t n, int parts,
                            const std::function<std::int64_t(std::int64_t)>& cost);

}  // namespace hogwild::data
