#include "app/common/sample.hpp"

#include <cstddef>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "app/common/run_collectively.hpp"
#include "data/partition.hpp"
#include "mpi/collectives.hpp"

namespace hogwild::app {
namespace {

/// What comes before a document's indices and values in a message.
struct DocumentHeader {
    std::int64_t place;
    std::int64_t entries;
    std::int64_t label;
};

template <class T>
void append(std::string& message, std::span<const T> values) {
    const auto bytes = std::as_bytes(values);
    message.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

template <class T>
void take(std::string_view& message, std::span<T> values) {
    if (values.empty()) return;
    std::memcpy(values.data(), message.data(), values.size_bytes());
    message.remove_prefix(values.size_bytes());
}

/// The documents whose places are in a range.
std::string pack(const Sample& sample, data::Range places) {
    std::string message;
    for (std::int64_t i = 0; i < sample.rows.size(); ++i) {
        const std::int64_t place = sample.places[static_cast<std::size_t>(i)];
        if (place < places.begin || place >= places.end) continue;
        const data::SparseRow x = sample.rows.row(i);
        const DocumentHeader header{place, static_cast<std::int64_t>(x.size()),
                                    sample.rows.label(i)};
        append(message, std::span(&header, 1));
        append(message, x.index);
        append(message, x.value);
    }
    return message;
}

/// Appends the documents of a message.
void unpack(std::string_view message, Sample& sample) {
    std::vector<std::uint32_t> index;
    std::vector<float> value;
    while (!message.empty()) {
        DocumentHeader header{};
        take(message, std::span(&header, 1));
        index.resize(static_cast<std::size_t>(header.entries));
        value.resize(index.size());
        take(message, std::span(index));
        take(message, std::span(value));
        sample.rows.append({index, value}, static_cast<int>(header.label));
        sample.places.push_back(header.place);
    }
}

}  // namespace

std::vector<std::uint32_t> Sample::order() const {
    std::vector<std::uint32_t> order(places.size());
    for (std::size_t row = 0; row < places.size(); ++row) {
        order[static_cast<std::size_t>(places[row])] = static_cast<std::uint32_t>(row);
    }
    return order;
}

Sample gather(Sample own, const mpi::Communicators& comms) {
    if (comms.size() == 1) return own;
    constexpr std::int64_t kMessage = std::int64_t{1} << 26;  // bytes, about: all ranks' together
    const bool root = comms.rank() == 0;
    const std::int64_t size = mpi::sum(comms.world(), own.rows.size());
    const std::int64_t entries = mpi::sum(comms.world(), own.rows.nonzeros());
    const std::int64_t rounds = mpi::sum(comms.world(), own.rows.bytes()) / kMessage + 1;
    const std::int64_t step = (size + rounds - 1) / rounds;
    run_collectively_on_root(comms.world(), [&] { own.rows.reserve(size, entries); });
    for (std::int64_t first = 0; first < size; first += step) {
        std::string message;
        run_collectively(comms.world(), [&] {
            if (!root) message = pack(own, {first, first + step});
        });
        const std::string others = mpi::gather_text(comms.world(), message);
        run_collectively_on_root(comms.world(), [&] { unpack(others, own); });
    }
    return root ? std::move(own) : Sample{};
}

}  // namespace hogwild::app
