#include "data/partition.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace hogwild::data {
namespace {

/// floor(total * part / parts) without overflow of the product.
std::int64_t share(std::int64_t total, std::int64_t part, std::int64_t parts) {
    return total / parts * part + total % parts * part / parts;
}

/// Rows of a unit that is dealt. A file of a hundred thousand rows is read in a tenth of a second;
/// reading a part of a larger one costs about the chunks at both ends of every unit.
std::int64_t unit_rows(std::int64_t rows, int parts) {
    constexpr std::int64_t kReadWhole = 1 << 16;  // rows
    constexpr std::int64_t kUnitsPerPart = 64;
    if (rows <= kReadWhole) return 1;
    return std::clamp<std::int64_t>(rows / (parts * kUnitsPerPart), 512, 4096);
}

}  // namespace

Range equal_part(std::int64_t n, std::int64_t parts, std::int64_t part) {
    return {share(n, part, parts), share(n, part + 1, parts)};
}

std::vector<Range> joined(const std::vector<Range>& ranges, std::int64_t gap) {
    std::vector<Range> out;
    for (const Range& range : ranges) {
        if (!out.empty() && range.begin - out.back().end <= gap) {
            out.back().end = range.end;
        } else {
            out.push_back(range);
        }
    }
    return out;
}

std::vector<std::int64_t> numbers_in(std::span<const Range> ranges) {
    std::vector<std::int64_t> numbers;
    for (const Range& range : ranges) {
        for (std::int64_t k = range.begin; k < range.end; ++k) numbers.push_back(k);
    }
    return numbers;
}

RowDeal::RowDeal(std::int64_t rows, int parts, std::uint64_t seed) : rows_(rows) {
    if (parts == 1) return;
    unit_ = unit_rows(rows, parts);
    const CounterRandom random(seed, 0x6465616cULL);
    const std::int64_t units = rows / unit_;  // the rows after the last whole one remain the last
    std::vector<std::vector<std::int64_t>> piles(static_cast<std::size_t>(parts));
    std::vector<std::int64_t> stripe(piles.size());
    for (std::int64_t first = 0; first < units; first += parts) {
        for (std::size_t k = 0; k < stripe.size(); ++k) {
            stripe[k] = first + static_cast<std::int64_t>(k);
            const auto position = static_cast<std::uint64_t>(stripe[k]);
            std::swap(stripe[k], stripe[random.below(position, k + 1)]);
        }
        for (std::size_t k = 0; k < stripe.size(); ++k) {
            if (stripe[k] < units) piles[k].push_back(stripe[k]);
        }
    }
    units_.reserve(static_cast<std::size_t>(units));
    for (const auto& pile : piles) units_.insert(units_.end(), pile.begin(), pile.end());
}

std::vector<Range> RowDeal::ranges(Range positions) const {
    if (units_.empty()) return {positions};
    std::vector<Range> out;
    for (std::int64_t at = positions.begin; at < positions.end;) {
        const std::int64_t end = std::min((at / unit_ + 1) * unit_, positions.end);
        const std::int64_t row = (*this)(at);
        out.push_back({row, row + end - at});
        at = end;
    }
    std::ranges::sort(out, {}, &Range::begin);
    return joined(out, 0);
}

ValidationSplit::ValidationSplit(std::int64_t n, double fraction, std::uint64_t seed)
    : n_(n),
      validation_(std::llround(fraction * static_cast<double>(n))),
      permutation_(n, mix64(seed) ^ 0x73706c6974ULL) {}

std::vector<bool> ValidationSplit::held_out_rows() const {
    std::vector<bool> rows(static_cast<std::size_t>(n_));
    for (std::int64_t k = 0; k < validation_; ++k) {
        rows[static_cast<std::size_t>(held_out(k))] = true;
    }
    return rows;
}

std::vector<Range> cut_rows(std::int64_t n, int parts,
                            const std::function<std::int64_t(std::int64_t)>& cost) {
    std::int64_t total = 0;
    for (std::int64_t row = 0; row < n; ++row) total += cost(row);

    std::vector<Range> ranges;
    std::int64_t row = 0;
    std::int64_t spent = 0;
    for (int part = 0; part < parts; ++part) {
        const std::int64_t begin = row;
        const std::int64_t target = share(total, part + 1, parts);
        while (row < n && spent < target) spent += cost(row++);
        ranges.push_back({begin, row});
    }
    ranges.back().end = n;  // trailing rows that cost nothing
    return ranges;
}

}  // namespace hogwild::data
