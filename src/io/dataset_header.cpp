#include "io/dataset_header.hpp"

#include <nlohmann/json.hpp>
#include <tuple>
#include <type_traits>

#include "data/cbor.hpp"

namespace hogwild::io {
namespace {

template <class Header>  // const or not
auto members(Header& h) {
    return std::tie(h.rows, h.nonzeros, h.features, h.feature_id_base, h.total_rows, h.first_row,
                    h.shard_index, h.shard_count, h.has_topics, h.topics, h.sources,
                    h.source_digests, h.shuffle_seed, h.digest, h.tool, h.positive_label,
                    h.normalization, h.has_weights, h.idf);
}

template <class... T>
std::tuple<T...> values_of(std::tuple<T&...>);  // never defined: only its type is used

}  // namespace

std::string pack(const DatasetHeader& header) {
    // not as text: names of files may be in any encoding
    return data::cbor_of(nlohmann::json(members(header)));
}

DatasetHeader unpack_header(std::string_view bytes) {
    DatasetHeader header;
    using Values = decltype(values_of(members(header)));
    members(header) = nlohmann::json::from_cbor(bytes.begin(), bytes.end()).get<Values>();
    return header;
}

}  // namespace hogwild::io
