#include "hogwild/model/compact_rows.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace hogwild::model {

template <class Index>
CompactRows<Index>::CompactRows(const data::Rows& rows, std::size_t n_hot) {
    const auto n = static_cast<std::size_t>(rows.size());
    std::vector<Header> headers;
    headers.reserve(n);
    start_.reserve(n);
    std::size_t end = 0;
    for (std::int64_t i = 0; i < rows.size(); ++i) {
        const data::SparseRow x = rows.row(i);
        const auto hot = static_cast<std::size_t>(
            std::ranges::count_if(x.index, [n_hot](std::uint32_t u) { return u < n_hot; }));
        const std::size_t padded = (hot + kLanes - 1) / kLanes * kLanes;
        headers.push_back({static_cast<std::uint32_t>(padded),
                           static_cast<std::uint32_t>(x.size() - hot),
                           static_cast<float>(rows.label(i))});
        start_.push_back(end);
        end += record_bytes(padded + x.size() - hot);
    }
    bytes_.resize(end);                // zeros
    constexpr std::size_t kMost = 16;  // lines: what a processor can be fetching at the same time
    if (n > 0)
        lines_ =
            static_cast<std::ptrdiff_t>(std::clamp<std::size_t>(end / n / kLine + 1, 1, kMost));
    for (std::size_t i = 0; i < n; ++i) {
        const data::SparseRow x = rows.row(static_cast<std::int64_t>(i));
        const Header header = headers[i];
        std::byte* const at = bytes_.data() + start_[i];
        std::memcpy(at, &header, sizeof header);
        auto* const value = reinterpret_cast<float*>(at + sizeof header);
        auto* const index = reinterpret_cast<Index*>(value + header.n_hot + header.n_cold);
        const std::size_t hot = x.size() - header.n_cold;
        for (std::size_t k = 0; k < x.size(); ++k) {
            const std::size_t to = k < hot ? k : header.n_hot + (k - hot);
            value[to] = x.value[k];
            index[to] = static_cast<Index>(x.index[k]);
            assert(index[to] == x.index[k]);
        }
        std::fill(index + hot, index + header.n_hot, static_cast<Index>(n_hot));
    }
}

template class CompactRows<std::uint16_t>;
template class CompactRows<std::uint32_t>;

}  // namespace hogwild::model
