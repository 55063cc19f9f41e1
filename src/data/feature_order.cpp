#include "data/feature_order.hpp"

#include <numeric>

#include "data/error.hpp"

namespace hogwild::data {

FeatureOrder::FeatureOrder(FeatureSet columns, std::span<const std::int64_t> counts,
                           std::size_t n_first)
    : columns_(std::move(columns)) {
    assert(n_first == 0 || counts.size() == columns_.size());
    const auto occurring = static_cast<std::size_t>(
        std::ranges::count_if(counts, [](std::int64_t count) { return count > 0; }));
    n_first = std::min(n_first, occurring);
    if (n_first == 0) return;
    std::vector<std::uint32_t> by_count(counts.size());
    std::iota(by_count.begin(), by_count.end(), 0U);
    std::ranges::partial_sort(by_count, by_count.begin() + static_cast<std::ptrdiff_t>(n_first),
                              [&](std::uint32_t a, std::uint32_t b) {
                                  return counts[a] != counts[b] ? counts[a] > counts[b] : a < b;
                              });
    by_count.resize(n_first);
    std::vector<std::uint32_t> places = by_count;
    std::ranges::sort(places);
    front_places_ = FeatureSet(std::move(places));
    front_.resize(n_first);
    for (std::uint32_t k = 0; k < n_first; ++k) front_[front_places_.position(by_count[k])] = k;
}

void FeatureOrder::append_row(Rows& rows, SparseRow x, int y, float weight) {
    number_.assign(x.index.begin(), x.index.end());
    if (columns_.number(number_) > 0) {
        throw Error(ExitCode::bad_data,
                    "a document has a feature that no count of documents knows; convert again");
    }
    if (front_.empty()) return rows.append({number_, x.value}, y, weight);
    for (std::uint32_t& number : number_) number = (*this)(number);
    index_.resize(x.size());
    value_.resize(x.size());
    std::size_t next = 0;
    const auto take = [&](bool front) {
        for (std::size_t k = 0; k < x.size(); ++k) {
            if ((number_[k] < first()) != front) continue;
            index_[next] = number_[k];
            value_[next++] = x.value[k];
        }
    };
    take(true);
    take(false);
    rows.append({index_, value_}, y, weight);
}

void FeatureOrder::append(NumberedRows<Numbering::training>& rows,
                          const NumberedRows<Numbering::file>& others, std::int64_t first,
                          std::int64_t end) {
    for (std::int64_t i = first; i < end; ++i) {
        append_row(rows, others.row(i), others.label(i), others.weight(i));
    }
}

}  // namespace hogwild::data
