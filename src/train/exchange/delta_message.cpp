#include "train/exchange/delta_message.hpp"

#include <cassert>
#include <cstring>

namespace hogwild::train {

void DeltaMessage::pack(double step_sum, std::size_t documents, std::span<const double> value,
                        std::span<const std::uint32_t> index, std::span<const std::int64_t> counts,
                        std::vector<std::byte>& out) {
    assert(out.size() % 8 == 0 && value.size() == index.size());
    const Header header{step_sum, documents, index.size(), counts.size()};
    std::size_t at = out.size();
    out.resize(at + bytes_of(header));
    const auto put = [&](const void* from, std::size_t bytes) {
        if (bytes > 0) std::memcpy(out.data() + at, from, bytes);
        at += bytes;
    };
    put(&header, sizeof header);
    put(value.data(), value.size_bytes());
    put(counts.data(), counts.size_bytes());
    put(index.data(), index.size_bytes());
}

std::size_t DeltaMessage::bytes_of(const Header& header) noexcept {
    const std::size_t bytes = sizeof header +
                              header.length * (sizeof(double) + sizeof(std::uint32_t)) +
                              header.n_counts * sizeof(std::int64_t);
    return (bytes + 7) / 8 * 8;
}

DeltaMessage::View DeltaMessage::unpack(std::span<const std::byte> bytes) {
    assert(bytes.size() >= sizeof(Header));
    View view;
    std::memcpy(&view.header, bytes.data(), sizeof(Header));
    const void* values = bytes.data() + sizeof(Header);
    view.value = {static_cast<const double*>(values), view.header.length};
    const void* counts = view.value.data() + view.header.length;
    view.counts = {static_cast<const std::int64_t*>(counts), view.header.n_counts};
    const void* indices = view.counts.data() + view.header.n_counts;
    view.index = {static_cast<const std::uint32_t*>(indices), view.header.length};
    return view;
}

}  // namespace hogwild::train
