#include "hogwild/app/sample.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "hogwild/app/agreement.hpp"
#include "hogwild/data/partition.hpp"
#include "hogwild/mpi/collectives.hpp"

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
std::vector<T> take(std::string_view& message, std::int64_t count) {
    std::vector<T> values(static_cast<std::size_t>(count));
    if (count > 0) std::memcpy(values.data(), message.data(), values.size() * sizeof(T));
    message.remove_prefix(values.size() * sizeof(T));
    return values;
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

/// Appends the documents of a message by their places.
void unpack(std::string_view message, data::Rows& rows) {
    std::map<std::int64_t, std::string_view> documents;
    while (!message.empty()) {
        std::string_view rest = message;
        const DocumentHeader header = take<DocumentHeader>(rest, 1).front();
        documents.emplace(header.place, message);
        constexpr std::size_t kEntry = sizeof(std::uint32_t) + sizeof(float);
        rest.remove_prefix(static_cast<std::size_t>(header.entries) * kEntry);
        message = rest;
    }
    for (auto& [place, document] : documents) {
        const DocumentHeader header = take<DocumentHeader>(document, 1).front();
        const auto index = take<std::uint32_t>(document, header.entries);
        const auto value = take<float>(document, header.entries);
        rows.append({index, value}, static_cast<int>(header.label));
    }
}

}  // namespace

data::Rows gather(const Sample& own, const mpi::Communicators& comms) {
    constexpr std::int64_t kRound = 256;  // documents: bounds what is under way
    const std::int64_t size = mpi::sum(comms.world(), own.rows.size());
    data::Rows gathered;
    for (std::int64_t first = 0; first < size; first += kRound) {
        std::string message;
        agree(comms.world(), [&] { message = pack(own, {first, first + kRound}); });
        const std::string all = mpi::gather_text(comms.world(), message);
        agree_on_root(comms.world(), [&] { unpack(all, gathered); });
    }
    return gathered;
}

}  // namespace hogwild::app
