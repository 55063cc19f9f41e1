#include "data/feature_order.hpp"

#include <algorithm>
#include <numeric>

namespace hogwild::data {

FeatureOrder::FeatureOrder(std::span<const std::int64_t> counts, std::size_t n_first) {
    std::vector<std::uint32_t> by_count(counts.size());
    std::iota(by_count.begin(), by_count.end(), 0U);
    const auto occurring = static_cast<std::size_t>(
        std::ranges::count_if(counts, [](std::int64_t count) { return count > 0; }));
    n_first_ = std::min(n_first, occurring);
    if (n_first_ == 0) return;
    std::ranges::partial_sort(by_count, by_count.begin() + static_cast<std::ptrdiff_t>(n_first_),
                              [&](std::uint32_t a, std::uint32_t b) {
                                  return counts[a] != counts[b] ? counts[a] > counts[b] : a < b;
                              });
    constexpr std::uint32_t kLater = ~std::uint32_t{0};
    new_of_.assign(counts.size(), kLater);
    for (std::uint32_t k = 0; k < n_first_; ++k) new_of_[by_count[k]] = k;
    auto next = static_cast<std::uint32_t>(n_first_);
    for (std::uint32_t& number : new_of_) {
        if (number == kLater) number = next++;
    }
}

void FeatureOrder::append_row(Rows& rows, SparseRow x, int y, float weight) {
    index_.resize(x.size());
    value_.resize(x.size());
    std::size_t front = 0;
    for (std::size_t k = 0; k < x.size(); ++k) {
        const std::uint32_t u = (*this)(x.index[k]);
        if (u >= n_first_) continue;
        index_[front] = u;
        value_[front++] = x.value[k];
    }
    for (std::size_t k = 0; k < x.size(); ++k) {
        const std::uint32_t u = (*this)(x.index[k]);
        if (u < n_first_) continue;
        index_[front] = u;
        value_[front++] = x.value[k];
    }
    rows.append({index_, value_}, y, weight);
}

void FeatureOrder::append(NumberedRows<Numbering::training>& rows,
                          const NumberedRows<Numbering::file>& others, std::int64_t first,
                          std::int64_t end) {
    if (new_of_.empty()) {
        rows.append(others, first, end);
        return;
    }
    for (std::int64_t i = first; i < end; ++i) {
        append_row(rows, others.row(i), others.label(i), others.weight(i));
    }
}

}  // namespace hogwild::data
