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

/// Finding columns in sets takes a third of the time of reading. Most data have a table that fits
/// into a cache.
void FeatureOrder::make_table() {
    constexpr std::size_t kMost = std::size_t{1} << 20;
    if (!table_.empty()) return;
    const std::vector<std::uint32_t> members = columns_.members();
    const std::size_t range = members.empty() ? 0 : members.back() + std::size_t{1};
    table_.assign(range <= kMost ? range + 1 : 1, FeatureSet::kAbsent);
    if (range > kMost) return;
    for (std::uint32_t place = 0; place < members.size(); ++place) {
        table_[members[place]] = (*this)(place);
    }
}

/// Numbers the columns. @return whether all have a number.
bool FeatureOrder::number(std::span<std::uint32_t> columns) const {
    const std::size_t range = table_.size() - 1;
    if (range == 0) {
        if (columns_.number(columns) > 0) return false;
        if (!front_.empty()) {
            for (std::uint32_t& column : columns) column = (*this)(column);
        }
        return true;
    }
    bool all = true;
    for (std::uint32_t& column : columns) {
        column = table_[std::min<std::size_t>(column, range)];
        all &= column != FeatureSet::kAbsent;
    }
    return all;
}

void FeatureOrder::append_row(Rows& rows, SparseRow x, int y, float weight) {
    number_.assign(x.index.begin(), x.index.end());
    if (!number(number_)) {
        throw Error(ExitCode::bad_data,
                    "a document has a feature that no count of documents knows; convert again");
    }
    if (front_.empty()) return rows.append({number_, x.value}, y, weight);
    const std::size_t n = x.size();
    index_.resize(2 * n);  // each entry goes to both halves, and counts in one: no branch
    value_.resize(2 * n);
    std::size_t front = 0;
    std::size_t rest = n;
    for (std::size_t k = 0; k < n; ++k) {
        index_[front] = index_[rest] = number_[k];
        value_[front] = value_[rest] = x.value[k];
        const bool is_front = number_[k] < first();
        front += is_front ? 1 : 0;
        rest += is_front ? 0 : 1;
    }
    const auto count = static_cast<std::ptrdiff_t>(rest - n);
    const auto to = static_cast<std::ptrdiff_t>(front);
    const auto from = static_cast<std::ptrdiff_t>(n);
    std::copy_n(index_.begin() + from, count, index_.begin() + to);
    std::copy_n(value_.begin() + from, count, value_.begin() + to);
    rows.append({std::span(index_).first(n), std::span(value_).first(n)}, y, weight);
}

void FeatureOrder::append(NumberedRows<Numbering::training>& rows,
                          const NumberedRows<Numbering::file>& others, std::int64_t first,
                          std::int64_t end) {
    make_table();
    for (std::int64_t i = first; i < end; ++i) {
        append_row(rows, others.row(i), others.label(i), others.weight(i));
    }
}

}  // namespace hogwild::data
