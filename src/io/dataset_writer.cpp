#include "io/dataset_writer.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "data/checked_cast.hpp"
#include "data/feature_counts.hpp"
#include "io/digest.hpp"
#include "io/hdf5.hpp"
#include "io/idf_store.hpp"

namespace hogwild::io {
namespace {

constexpr std::int64_t kChunk = std::int64_t{1} << 16;   // elements
constexpr std::size_t kBuffered = std::size_t{1} << 18;  // elements written at a time

}  // namespace

/// One growing array of the file, buffered in whole chunks and digested on the way.
template <class T>
class DatasetWriter::Column {
public:
    Column(const h5::Handle& parent, const std::string& name, std::int64_t expected, bool compress)
        : dataset_(parent, name, h5::ElementType<T>::file_type(),
                   std::clamp<std::int64_t>(expected, 1, kChunk), compress) {
        buffer_.reserve(kBuffered);
    }
    void push(T value) {
        buffer_.push_back(value);
        if (buffer_.size() >= kBuffered) flush();
    }
    void push(std::span<const T> values) {
        while (!values.empty()) {
            const std::size_t count = std::min(values.size(), kBuffered - buffer_.size());
            buffer_.insert(buffer_.end(), values.begin(),
                           values.begin() + static_cast<std::ptrdiff_t>(count));
            values = values.subspan(count);
            if (buffer_.size() >= kBuffered) flush();
        }
    }
    void finish() {
        flush();
        h5::write_attribute(dataset_.handle(), "xxh3", digest_.hex());
        dataset_.close();
    }

private:
    void flush() {
        const std::span<const T> values(buffer_);
        dataset_.append(values);
        digest_.update(values);
        buffer_.clear();
    }
    h5::GrowingDataset dataset_;
    Digest digest_;
    std::vector<T> buffer_;
};

struct DatasetWriter::Columns {
    DatasetHeader header;
    h5::Handle file;
    h5::Handle x;
    h5::Handle topics;
    Column<std::uint32_t> indices;
    Column<float> data;
    Column<std::int64_t> indptr;
    Column<std::int64_t> document_id;
    std::unique_ptr<Column<std::int64_t>> position;       // where rows are shuffled
    std::unique_ptr<Column<float>> weight;                // where documents have weights
    std::unique_ptr<Column<std::int32_t>> topic_indices;  // with topics
    std::unique_ptr<Column<std::int64_t>> topic_indptr;
    std::unique_ptr<Column<std::int8_t>> y;  // without
    data::FeatureCounter counter;
    std::int64_t memberships = 0;
    std::int64_t rows = 0;

    // A chunk must not be larger than a small file can fill: 100 entries per document suffice.
    Columns(const std::string& path, const DatasetHeader& h, bool compress)
        : header(h),
          file(h5::create_file(path)),
          x(h5::create_group(file, "X")),
          indices(x, "indices", 100 * h.rows, compress),
          data(x, "data", 100 * h.rows, compress),
          indptr(x, "indptr", h.rows + 1, compress),
          document_id(file, "document_id", h.rows, compress),
          counter(h.features) {
        indptr.push(0);
        if (header.shuffle_seed >= 0) {
            position =
                std::make_unique<Column<std::int64_t>>(file, "text_position", h.rows, compress);
        }
        if (header.has_weights) {
            weight = std::make_unique<Column<float>>(file, "sample_weight", h.rows, compress);
        }
        if (header.has_topics) {
            topics = h5::create_group(file, "topics");
            topic_indices =
                std::make_unique<Column<std::int32_t>>(topics, "indices", 4 * h.rows, compress);
            topic_indptr =
                std::make_unique<Column<std::int64_t>>(topics, "indptr", h.rows + 1, compress);
            topic_indptr->push(0);
        } else {
            y = std::make_unique<Column<std::int8_t>>(file, "y", h.rows, compress);
        }
    }

    void append_labels(const DocumentRecord& record) {
        if (!header.has_topics) {
            y->push(record.label);
            return;
        }
        for (const std::uint16_t number : record.topics) topic_indices->push(number);
        memberships += std::ssize(record.topics);
        topic_indptr->push(memberships);
    }

    void finish_columns() {
        indices.finish();
        data.finish();
        indptr.finish();
        document_id.finish();
        if (position) position->finish();
        if (weight) weight->finish();
        if (header.has_topics) {
            topic_indices->finish();
            topic_indptr->finish();
            h5::write_strings(topics, "names", header.topics);
        } else {
            y->finish();
        }
        write_counts(counter.counts());
    }

    void write_counts(const data::FeatureCounts& occurring) {
        if (data::stores_occurring(occurring.size(), header.features)) {
            const h5::Handle group = h5::create_group(file, "features");
            Column<std::uint32_t> columns(group, "column", std::ssize(occurring.column), false);
            Column<std::int64_t> counts(group, "count", std::ssize(occurring.count), false);
            columns.push(occurring.column);
            counts.push(occurring.count);
            columns.finish();
            counts.finish();
            return;
        }
        Column<std::int64_t> counts(file, "feature_counts", header.features, false);
        std::int64_t next = 0;
        const auto fill_up_to = [&](std::int64_t end) {
            for (; next < end; ++next) counts.push(0);
        };
        for (std::size_t k = 0; k < occurring.size(); ++k) {
            fill_up_to(occurring.column[k]);
            counts.push(occurring.count[k]);
            ++next;
        }
        fill_up_to(header.features);
        counts.finish();
    }

    void write_attributes() {
        h5::write_variable_attribute(x, "encoding-type", "csr_matrix");
        h5::write_variable_attribute(x, "encoding-version", "0.1.0");
        const std::int64_t shape[] = {rows, header.features};
        h5::write_attribute(x, "shape", shape);
        h5::write_attribute(file, "schema", kDatasetSchema);
        h5::write_attribute(file, "version", kDatasetVersion);
        h5::write_attribute(file, "rows", rows);
        h5::write_attribute(file, "features", header.features);
        h5::write_attribute(file, "nonzeros", header.nonzeros);
        h5::write_attribute(file, "feature_id_base", header.feature_id_base);
        h5::write_attribute(file, "total_rows", header.total_rows);
        h5::write_attribute(file, "first_row", header.first_row);
        h5::write_attribute(file, "shard_index", header.shard_index);
        h5::write_attribute(file, "shard_count", header.shard_count);
        h5::write_attribute(file, "sources", header.sources);
        h5::write_attribute(file, "source_digests", header.source_digests);
        h5::write_attribute(file, "shuffle_seed", header.shuffle_seed);
        if (!header.positive_label.empty()) {
            h5::write_attribute(file, "positive_label", header.positive_label);
        }
        if (!header.normalization.empty()) {
            h5::write_attribute(file, "normalization", header.normalization);
        }
        if (!header.idf.empty()) h5::write_attribute(file, "idf", header.idf);
        h5::write_attribute(file, "weighted", std::int64_t{header.has_weights ? 1 : 0});
        h5::write_attribute(file, "digest", header.digest);
        h5::write_attribute(file, "tool", header.tool);
    }
};

DatasetWriter::DatasetWriter(const std::string& path, const DatasetHeader& header, bool compress)
    : columns_(std::make_unique<Columns>(path, header, compress)) {
    columns_->header.nonzeros = 0;
}

DatasetWriter::~DatasetWriter() = default;

void DatasetWriter::add_idf(const data::Idf& idf) { write_idf(columns_->file, idf); }

void DatasetWriter::append(const DocumentRecord& record) {
    Columns& c = *columns_;
    c.indices.push(record.index);
    c.data.push(record.value);
    c.counter.add(record.index);
    c.header.nonzeros += std::ssize(record.index);
    c.indptr.push(c.header.nonzeros);
    c.document_id.push(record.id);
    if (c.position) c.position->push(record.position);
    if (c.weight) c.weight->push(record.weight);
    c.append_labels(record);
    ++c.rows;
}

void DatasetWriter::finish() {
    Columns& c = *columns_;
    if (c.rows != c.header.rows) {
        throw Error(ExitCode::internal, "dataset writer: " + std::to_string(c.rows) +
                                            " rows written, " + std::to_string(c.header.rows) +
                                            " announced");
    }
    c.finish_columns();
    c.write_attributes();
    h5::write_attribute(c.file, "complete", std::int64_t{1});
    c.topics.close();
    c.x.close();
    c.file.close();
}

}  // namespace hogwild::io
