#include "app/common/sample.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <utility>

#include "app/common/run_collectively.hpp"
#include "data/cbor.hpp"
#include "data/partition.hpp"
#include "mpi/collectives.hpp"

namespace hogwild::app {
namespace {

template <class T>
nlohmann::json packed(const std::vector<T>& numbers) {
    return data::packed_array(std::span<const T>(numbers));
}

/// The documents whose places are in a range.
std::string pack(const Sample& sample, data::Range places) {
    std::vector<std::int64_t> chosen;
    std::vector<std::int8_t> labels;
    std::vector<float> weights;
    std::vector<std::int64_t> entries;
    std::vector<std::uint32_t> index;
    std::vector<float> value;
    for (std::int64_t i = 0; i < sample.rows.size(); ++i) {
        const std::int64_t place = sample.places[static_cast<std::size_t>(i)];
        if (place < places.begin || place >= places.end) continue;
        const data::SparseRow x = sample.rows.row(i);
        chosen.push_back(place);
        labels.push_back(static_cast<std::int8_t>(sample.rows.label(i)));
        weights.push_back(sample.rows.weight(i));
        entries.push_back(std::ssize(x.index));
        index.insert(index.end(), x.index.begin(), x.index.end());
        value.insert(value.end(), x.value.begin(), x.value.end());
    }
    return data::cbor_of({packed(chosen), packed(labels), packed(weights), packed(entries),
                          packed(index), packed(value)});
}

/// Appends the documents of several messages.
void unpack(std::string messages, Sample& sample) {
    data::for_each_cbor(std::move(messages), [&](const nlohmann::json& message) {
        const auto places = data::unpacked_array<std::int64_t>(message.at(0));
        const auto labels = data::unpacked_array<std::int8_t>(message.at(1));
        const auto weights = data::unpacked_array<float>(message.at(2));
        const auto entries = data::unpacked_array<std::int64_t>(message.at(3));
        const auto index = data::unpacked_array<std::uint32_t>(message.at(4));
        const auto value = data::unpacked_array<float>(message.at(5));
        std::size_t first = 0;
        for (std::size_t k = 0; k < places.size(); ++k) {
            const auto size = static_cast<std::size_t>(entries[k]);
            sample.rows.append(
                {std::span(index).subspan(first, size), std::span(value).subspan(first, size)},
                labels[k], weights[k]);
            sample.places.push_back(places[k]);
            first += size;
        }
    });
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
        std::string others = mpi::gather_text(comms.world(), message);
        run_collectively_on_root(comms.world(), [&] { unpack(std::move(others), own); });
    }
    return root ? std::move(own) : Sample{};
}

}  // namespace hogwild::app
