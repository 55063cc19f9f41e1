#include "hogwild/data/partition.hpp"

#include <cmath>

namespace hogwild::data {
namespace {

/// floor(total * part / parts) without overflow of the product.
std::int64_t share(std::int64_t total, std::int64_t part, std::int64_t parts) {
    return total / parts * part + total % parts * part / parts;
}

}  // namespace

Range equal_part(std::int64_t n, std::int64_t parts, std::int64_t part) {
    return {share(n, part, parts), share(n, part + 1, parts)};
}

ValidationSplit::ValidationSplit(std::int64_t n, double fraction, std::uint64_t seed)
    : n_(n),
      validation_(std::llround(fraction * static_cast<double>(n))),
      permutation_(n, mix64(seed) ^ 0x73706c6974ULL) {}

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
