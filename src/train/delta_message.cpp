#include "hogwild/train/delta_message.hpp"

#include <cassert>
#include <cstring>

namespace hogwild::train {

void DeltaMessage::pack(double exponent, std::size_t documents, const model::SparseDelta& delta,
                        std::vector<std::byte>& out) {
    const Header header{exponent, documents, delta.index.size()};
    const std::size_t values = header.length * sizeof(double);
    const std::size_t indices = header.length * sizeof(std::uint32_t);
    out.resize((sizeof header + values + indices + 7) / 8 * 8);
    std::memcpy(out.data(), &header, sizeof header);
    if (header.length == 0) return;
    std::memcpy(out.data() + sizeof header, delta.value.data(), values);
    std::memcpy(out.data() + sizeof header + values, delta.index.data(), indices);
}

DeltaMessage::View DeltaMessage::unpack(std::span<const std::byte> bytes) {
    assert(bytes.size() >= sizeof(Header));
    View view;
    std::memcpy(&view.header, bytes.data(), sizeof(Header));
    const void* values = bytes.data() + sizeof(Header);
    view.value = {static_cast<const double*>(values), view.header.length};
    const void* indices = view.value.data() + view.header.length;
    view.index = {static_cast<const std::uint32_t*>(indices), view.header.length};
    return view;
}

void DeltaMessage::unpack(std::span<const std::byte> bytes, model::SparseDelta& out) {
    const View view = unpack(bytes);
    out.value.assign(view.value.begin(), view.value.end());
    out.index.assign(view.index.begin(), view.index.end());
}

}  // namespace hogwild::train
