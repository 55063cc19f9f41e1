#include "hogwild/model/compact_rows.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace hogwild::model {

template <class Index>
CompactRows<Index>::CompactRows(const data::Rows& rows, std::size_t n_hot) {
    const auto n = static_cast<std::size_t>(rows.size());
    start_.reserve(n + 1);
    start_.push_back(0);
    for (std::int64_t i = 0; i < rows.size(); ++i) {
        const std::size_t entries = rows.row(i).size();
        start_.push_back(start_.back() + sizeof(Header) + index_bytes(entries) +
                         entries * sizeof(float));
    }
    bytes_.resize(start_.back());
    std::vector<Index> narrow;
    for (std::size_t i = 0; i < n; ++i) {
        const data::SparseRow x = rows.row(static_cast<std::int64_t>(i));
        const auto hot = static_cast<std::uint32_t>(
            std::ranges::count_if(x.index, [n_hot](std::uint32_t u) { return u < n_hot; }));
        const Header header{hot, static_cast<std::uint32_t>(x.size()) - hot,
                            rows.label(static_cast<std::int64_t>(i))};
        narrow.clear();
        for (const std::uint32_t u : x.index) {
            assert(u == static_cast<Index>(u));
            narrow.push_back(static_cast<Index>(u));
        }
        std::byte* at = bytes_.data() + start_[i];
        std::memcpy(at, &header, sizeof header);
        if (x.size() == 0) continue;
        at += sizeof header;
        std::memcpy(at, narrow.data(), narrow.size() * sizeof(Index));
        std::memcpy(at + index_bytes(narrow.size()), x.value.data(), x.value.size_bytes());
    }
}

template class CompactRows<std::uint16_t>;
template class CompactRows<std::uint32_t>;

}  // namespace hogwild::model
