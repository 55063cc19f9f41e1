#pragma once
#include <cstdint>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "data/partition.hpp"
#include "data/random.hpp"
#include "io/dataset.hpp"
#include "io/dataset_writer.hpp"
#include "io/shard_names.hpp"

namespace hogwild::test {

/// A document that owns its arrays.
struct ToyDocument {
    std::int64_t id = 0;
    std::vector<std::uint32_t> index;
    std::vector<float> value;
    std::vector<std::uint16_t> topics;

    io::DocumentRecord record() const {
        const std::int8_t label = topics.empty() ? -1 : 1;
        return {id, index, value, topics, id, label};
    }
    bool operator==(const ToyDocument&) const = default;
};

inline constexpr std::uint32_t kToyFeatures = 50;
/// CCAT is number 1; nobody has DOG.
inline const std::vector<std::string> kToyTopics{"ACAT", "CCAT", "DOG", "ECAT"};

/// Document r has id 1000 + 7 r and r mod 7 terms. Topics: ACAT where r mod 20 is 5, CCAT where 3
/// divides r, ECAT where r is odd; so r = 2 is the first without any.
inline std::vector<ToyDocument> toy_documents(std::int64_t rows) {
    std::vector<ToyDocument> documents;
    for (std::int64_t r = 0; r < rows; ++r) {
        const data::CounterRandom random(42, 0x746f79, r);
        ToyDocument document{1000 + 7 * r, {}, {}, {}};
        for (std::uint64_t k = 0; k < static_cast<std::uint64_t>(r % 7); ++k) {
            document.index.push_back(static_cast<std::uint32_t>(7 * k + random.below(k, 7)));
            document.value.push_back(static_cast<float>(random.unit(100 + k)) - 0.5F);
        }
        if (r % 20 == 5) document.topics.push_back(0);
        if (r % 3 == 0) document.topics.push_back(1);
        if (r % 2 == 1) document.topics.push_back(3);
        documents.push_back(document);
    }
    return documents;
}

inline io::DatasetHeader toy_header(std::int64_t rows, bool has_topics) {
    io::DatasetHeader header;
    header.rows = rows;
    header.total_rows = rows;
    header.features = kToyFeatures;
    header.has_topics = has_topics;
    if (has_topics) header.topics = kToyTopics;
    header.sources = {"vectors.dat", "topics.qrels"};
    header.source_digests = {"0123456789abcdef", "fedcba9876543210"};
    header.shuffle_seed = 7;
    header.digest = "00112233aabbccdd";
    header.tool = "toy 1.2.3";
    return header;
}

inline void write_toy(const std::string& path, const std::vector<ToyDocument>& documents,
                      const io::DatasetHeader& header, bool compress = false) {
    io::DatasetWriter writer(path, header, compress);
    for (const ToyDocument& document : documents) writer.append(document.record());
    writer.finish();
}

/// A whole dataset in one file.
inline std::vector<ToyDocument> write_toy(const std::string& path, std::int64_t rows,
                                          bool has_topics = true, bool compress = false) {
    const std::vector<ToyDocument> documents = toy_documents(rows);
    write_toy(path, documents, toy_header(rows, has_topics), compress);
    return documents;
}

/// The same as a set of shards.
inline std::vector<ToyDocument> write_toy_shards(const std::string& name, std::int64_t rows,
                                                 int shards, bool has_topics = true) {
    const std::vector<ToyDocument> documents = toy_documents(rows);
    for (int shard = 0; shard < shards; ++shard) {
        const data::Range range = data::equal_part(rows, shards, shard);
        io::DatasetHeader header = toy_header(rows, has_topics);
        header.rows = range.size();
        header.first_row = range.begin;
        header.shard_index = shard;
        header.shard_count = shards;
        write_toy(io::shard_path(name, shard, shards),
                  {documents.begin() + range.begin, documents.begin() + range.end}, header);
    }
    return documents;
}

/// The rows of a block as text, one line each: "id label index:value …"; values to the bit.
inline std::string to_text(const io::RowBlock& block) {
    std::ostringstream out;
    out << std::hexfloat;
    for (std::int64_t i = 0; i < block.rows.size(); ++i) {
        out << block.document_id.at(static_cast<std::size_t>(i)) << ' ' << block.rows.label(i);
        const data::SparseRow x = block.rows.row(i);
        for (std::size_t k = 0; k < x.size(); ++k) out << ' ' << x.index[k] << ':' << x.value[k];
        out << '\n';
    }
    return out.str();
}

/// What reading `documents` must give, as text.
inline std::string expected_text(const std::vector<ToyDocument>& documents,
                                 std::optional<std::uint16_t> topic) {
    std::ostringstream out;
    out << std::hexfloat;
    for (const ToyDocument& d : documents) {
        bool positive = !topic && !d.topics.empty();
        for (const std::uint16_t t : d.topics) positive = positive || t == topic;
        out << d.id << (positive ? " 1" : " -1");
        for (std::size_t k = 0; k < d.index.size(); ++k)
            out << ' ' << d.index[k] << ':' << d.value[k];
        out << '\n';
    }
    return out.str();
}

/// Rows [first, end) of a dataset, block by block, as text.
inline std::string read_text(io::Dataset& dataset, const io::Labelling& labelling,
                             std::int64_t first, std::int64_t end) {
    std::string text;
    io::RowBlock block;
    while (first < end) {
        first = dataset.read_block(first, end, labelling, block);
        text += to_text(block);
    }
    return text;
}

/// All that a dataset file holds, header included, after `verify()`, as text.
inline std::string whole_content(const std::string& path) {
    io::DatasetFile file(path);
    file.verify();
    const io::DatasetHeader& h = file.header();
    std::ostringstream out;
    for (const std::int64_t n : {h.rows, h.nonzeros, h.features, h.feature_id_base, h.total_rows,
                                 h.first_row, h.shard_index, h.shard_count, h.shuffle_seed}) {
        out << n << ' ';
    }
    for (const auto* list : {&h.topics, &h.sources, &h.source_digests}) {
        for (const std::string& text : *list) out << text << '|';
        out << '\n';
    }
    out << h.digest << '\n' << h.tool << '\n';
    const data::FeatureCounts counts = file.read_feature_counts();
    for (std::size_t k = 0; k < counts.size(); ++k) {
        out << counts.column[k] << ':' << counts.count[k] << ' ';
    }
    const std::int64_t labellings = h.has_topics ? std::ssize(h.topics) : 1;
    for (std::int64_t topic = 0; topic < labellings; ++topic) {
        io::Labelling labelling;
        if (h.has_topics) labelling.topic = topic;
        io::RowBlock block;
        file.read(0, h.rows, labelling, block);
        out << '\n' << to_text(block);
    }
    return out.str();
}

}  // namespace hogwild::test
