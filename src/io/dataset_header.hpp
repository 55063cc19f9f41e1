#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hogwild::io {

inline constexpr const char* kDatasetSchema = "hogwild.dataset";
inline constexpr std::int64_t kDatasetVersion = 1;
inline constexpr std::int64_t kMostFeatures = (std::int64_t{1} << 31) - 1;  ///< columns

/// The description that a dataset file contains (schema `hogwild.dataset`, docs/formats.md).
struct DatasetHeader {
    std::int64_t rows = 0;      ///< documents in this file
    std::int64_t nonzeros = 0;  ///< stored entries in this file
    std::int64_t features = 0;  ///< columns; the same in every shard of a set
    std::int64_t feature_id_base = 1;
    std::int64_t total_rows = 0;  ///< documents in the whole set
    std::int64_t first_row = 0;   ///< of the set, in this file
    std::int64_t shard_index = 0;
    std::int64_t shard_count = 1;
    bool has_topics = true;  ///< else one label per document (/y)
    std::vector<std::string> topics;
    bool has_weights = false;          ///< documents have weights (/sample_weight); else all are 1
    std::string positive_label;        ///< what +1 of /y is called in the text; empty: 1
    std::vector<std::string> sources;  ///< names of the text files
    std::vector<std::string> source_digests;  ///< XXH3 of their (uncompressed) text
    std::string normalization;                ///< norm of the values (data::Norm); empty: none
    std::string idf;                 ///< digest of the factors of the values (data::Idf); or empty
    std::int64_t shuffle_seed = -1;  ///< -1: in the order of the text
    std::string digest;              ///< of the documents; the same in every shard
    std::string tool;                ///< program that wrote it, with its version
};

/// A header as bytes, to be sent to other ranks or compared, and back.
std::string pack(const DatasetHeader& header);
DatasetHeader unpack_header(std::string_view bytes);

}  // namespace hogwild::io
