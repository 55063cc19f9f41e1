#include "io/dataset_file.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <numeric>
#include <span>
#include <utility>

#include "data/error.hpp"
#include "io/dataset_arrays.hpp"
#include "io/dataset_header_reader.hpp"
#include "io/digest.hpp"
#include "io/hdf5.hpp"
#include "io/idf_store.hpp"

namespace hogwild::io {
namespace {

/// Calls `visit` with all of the dataset, a part at a time.
template <class T, class Visit>
void visit_parts(const h5::ReadDataset& dataset, Visit&& visit) {
    constexpr std::int64_t kPart = std::int64_t{1} << 18;  // whole chunks; stays in the cache
    std::vector<T> buffer;
    for (std::int64_t at = 0; at < dataset.length(); at += kPart) {
        buffer.resize(static_cast<std::size_t>(std::min(kPart, dataset.length() - at)));
        dataset.read(at, std::span<T>(buffer));
        visit(std::span<const T>(buffer));
    }
}

/// Compares the dataset's content with the digest that was stored when it was written.
template <class T>
void verify_digest(const h5::ReadDataset& dataset) {
    Digest digest;
    visit_parts<T>(dataset, [&](std::span<const T> part) { digest.update(part); });
    if (digest.hex() != h5::read_string(dataset.handle(), "xxh3")) {
        throw Error(ExitCode::bad_data,
                    dataset.handle().what() + " differs from what was written; convert again");
    }
}

/// Like std::isfinite, in arithmetic that the compiler can vectorise.
bool is_finite(float value) {
    constexpr std::uint32_t kExponent = 0x7f800000U;
    return (std::bit_cast<std::uint32_t>(value) & kExponent) != kExponent;
}

}  // namespace

DatasetFile::DatasetFile(const std::string& path, const std::string& shown)
    : path_(path), shown_(shown.empty() ? path : shown) {
    h5::Handle file = h5::open_file(path);
    header_ = read_header(file);  // refuses other kinds of files before arrays are opened
    arrays_ = std::make_unique<Arrays>(std::move(file));
    arrays_->open_labels(header_);
    arrays_->check_lengths(header_);
}

DatasetFile::DatasetFile(DatasetFile&&) noexcept = default;
DatasetFile& DatasetFile::operator=(DatasetFile&&) noexcept = default;
DatasetFile::~DatasetFile() = default;

void DatasetFile::fail_row(std::int64_t row, const std::string& reason) const {
    throw Error(ExitCode::bad_data,
                shown_ + ": row " + std::to_string(row) + ": " + reason + "; convert again");
}

void DatasetFile::fail_unlabelled(std::int64_t row) const {
    std::int64_t id = 0;
    arrays_->document_id.read(row, std::span<std::int64_t>(&id, 1));
    throw Error(ExitCode::bad_data,
                shown_ + ": row " + std::to_string(row) + ": document " + std::to_string(id) +
                    " has no label; predict can score it, but nothing can be learnt from it "
                    "(svmlight_to_hdf5 --skip-unlabelled leaves such documents out)");
}

std::vector<std::int64_t> DatasetFile::read_indptr(std::int64_t first, std::int64_t count) {
    return read_offsets(arrays_->indptr, header_.nonzeros, first, count);
}

std::vector<std::int64_t> DatasetFile::read_offsets(const h5::ReadDataset& dataset,
                                                    std::int64_t total, std::int64_t first,
                                                    std::int64_t count) const {
    std::vector<std::int64_t> offsets(static_cast<std::size_t>(count) + 1);
    dataset.read(first, std::span<std::int64_t>(offsets));
    const std::string name = dataset.handle().what().substr(path_.size() + 3);  // after ": /"
    if (first == 0 && offsets.front() != 0) fail_row(0, name + " does not start at 0");
    for (std::size_t k = 0; k < offsets.size(); ++k) {
        const std::int64_t low = k == 0 ? 0 : offsets[k - 1];
        if (offsets[k] < low || offsets[k] > total) {
            fail_row(first + static_cast<std::int64_t>(k), name + " is not ascending");
        }
    }
    if (first + count == header_.rows && offsets.back() != total) {
        fail_row(header_.rows, name + " does not end at the number of entries");
    }
    return offsets;
}

void DatasetFile::read(std::int64_t first, std::int64_t count, const Labelling& labelling,
                       RowBlock& out) {
    auto [indptr, index, value, label, weight] = out.rows.arrays();
    indptr = read_indptr(first, count);
    const std::int64_t start = indptr.front();
    for (std::int64_t& offset : indptr) offset -= start;
    index.resize(static_cast<std::size_t>(indptr.back()));
    value.resize(static_cast<std::size_t>(indptr.back()));
    arrays_->indices.read(start, std::span<std::uint32_t>(index));
    arrays_->data.read(start, std::span<float>(value));
    label.resize(static_cast<std::size_t>(count));
    read_labels(first, labelling, label);
    weight.resize(arrays_->weight ? static_cast<std::size_t>(count) : 0);
    if (arrays_->weight) read_weights(first, weight);
    out.document_id.resize(static_cast<std::size_t>(count));
    arrays_->document_id.read(first, std::span<std::int64_t>(out.document_id));
    check_rows(first, out.rows);
}

void DatasetFile::read_labels(std::int64_t first, std::int64_t count, const Labelling& labelling,
                              LabelBlock& out) {
    const auto n = static_cast<std::size_t>(count);
    std::vector<std::int8_t> label(n);
    read_labels(first, labelling, label);
    out.label.insert(out.label.end(), label.begin(), label.end());
    if (!arrays_->weight) return;
    std::vector<float> weight(n);
    read_weights(first, weight);
    out.weight.insert(out.weight.end(), weight.begin(), weight.end());
}

void DatasetFile::read_weights(std::int64_t first, std::span<float> weight) const {
    arrays_->weight->read(first, weight);
    const auto wrong =
        std::ranges::find_if(weight, [](float c) { return !(c > 0.0F) || !is_finite(c); });
    if (wrong != weight.end()) {
        fail_row(first + (wrong - weight.begin()), "the document's weight is not a number above 0");
    }
}

void DatasetFile::read_labels(std::int64_t first, const Labelling& labelling,
                              std::vector<std::int8_t>& label) {
    if (!labelling.topic) {
        arrays_->y->read(first, std::span<std::int8_t>(label));
        const auto wrong = std::ranges::find_if(label, [](int y) { return y < -1 || y > 1; });
        if (wrong != label.end())
            fail_row(first + (wrong - label.begin()), "label is not -1, 0 or +1");
        const auto none = std::ranges::find(label, 0);
        if (!labelling.may_be_missing && none != label.end()) {
            fail_unlabelled(first + (none - label.begin()));
        }
        return;
    }
    std::size_t row = 0;
    const auto topic = static_cast<std::int32_t>(*labelling.topic);
    for_each_topics(first, static_cast<std::int64_t>(label.size()),
                    [&](std::span<const std::int32_t> topics) {
                        const bool member = std::ranges::find(topics, topic) != topics.end();
                        label[row++] = member ? std::int8_t{1} : std::int8_t{-1};
                    });
}

void DatasetFile::read_label_sets(std::int64_t first, std::int64_t count,
                                  std::span<const std::int32_t> output_of_topic,
                                  data::LabelSets& out) {
    std::vector<std::uint16_t> labels;
    for_each_topics(first, count, [&](std::span<const std::int32_t> topics) {
        labels.clear();
        for (const std::int32_t topic : topics) {
            const std::int32_t output = output_of_topic[static_cast<std::size_t>(topic)];
            if (output < 0 || std::ranges::find(labels, output) != labels.end()) continue;
            labels.push_back(static_cast<std::uint16_t>(output));
        }
        out.append(labels);
    });
}

template <class Visit>
void DatasetFile::for_each_topics(std::int64_t first, std::int64_t count, Visit&& visit) {
    const std::vector<std::int64_t> indptr =
        read_offsets(*arrays_->topic_indptr, arrays_->topic_indices->length(), first, count);
    std::vector<std::int32_t>& members = arrays_->members;
    members.resize(static_cast<std::size_t>(indptr.back() - indptr.front()));
    arrays_->topic_indices->read(indptr.front(), std::span<std::int32_t>(members));
    const auto n_topics = static_cast<std::int32_t>(header_.topics.size());
    const auto wrong =
        std::ranges::find_if(members, [=](std::int32_t t) { return t < 0 || t >= n_topics; });
    if (wrong != members.end()) {
        const auto after = std::ranges::upper_bound(
            indptr, indptr.front() + static_cast<std::int64_t>(wrong - members.begin()));
        fail_row(first + (after - indptr.begin()) - 1, "a topic number is out of range");
    }
    for (std::size_t k = 0; k + 1 < indptr.size(); ++k) {
        visit(std::span<const std::int32_t>(members.begin() + (indptr[k] - indptr.front()),
                                            members.begin() + (indptr[k + 1] - indptr.front())));
    }
}

void DatasetFile::check_labels(const Labelling& labelling) {
    constexpr std::int64_t kAtOnce = 1 << 16;
    std::vector<std::int8_t> label;
    for (std::int64_t first = 0; first < header_.rows; first += kAtOnce) {
        label.resize(static_cast<std::size_t>(std::min(kAtOnce, header_.rows - first)));
        read_labels(first, labelling, label);
    }
}

/// A first pass over all entries, which the compiler can vectorise, finds nothing in sound files;
/// only damaged ones are searched for the row.
void DatasetFile::check_rows(std::int64_t first, data::Rows& rows) const {
    const auto [indptr, index, value, label, weight] = rows.arrays();
    std::size_t descents = 0;
    for (std::size_t k = 1; k < index.size(); ++k) descents += index[k] <= index[k - 1] ? 1U : 0U;
    std::uint32_t infinite = 0;
    for (const float v : value) infinite |= is_finite(v) ? 0U : 1U;
    bool in_range = true;
    for (std::int64_t i = 0; i < rows.size(); ++i) {  // columns may descend between rows
        const data::SparseRow x = rows.row(i);
        if (x.size() == 0) continue;
        in_range &= x.index.back() < header_.features;
        const auto start = static_cast<std::size_t>(x.index.data() - index.data());
        if (start > 0 && index[start] <= index[start - 1]) --descents;
    }
    if (descents > 0 || infinite != 0 || !in_range) find_wrong_row(first, rows);
}

void DatasetFile::find_wrong_row(std::int64_t first, const data::Rows& rows) const {
    for (std::int64_t i = 0; i < rows.size(); ++i) {
        const data::SparseRow x = rows.row(i);
        bool sound = x.size() == 0 || x.index.back() < header_.features;
        for (std::size_t k = 1; k < x.size(); ++k) sound &= x.index[k - 1] < x.index[k];
        if (!sound) fail_row(first + i, "columns are not ascending or out of range");
        for (const float v : x.value) sound &= std::isfinite(v);
        if (!sound) fail_row(first + i, "a value is not finite");
    }
}

std::optional<std::vector<std::int64_t>> DatasetFile::read_positions(std::int64_t first,
                                                                     std::int64_t count) {
    std::vector<std::int64_t> positions(static_cast<std::size_t>(count));
    if (arrays_->position) {
        arrays_->position->read(first, std::span<std::int64_t>(positions));
    } else if (header_.shuffle_seed < 0) {
        std::iota(positions.begin(), positions.end(), header_.first_row + first);
    } else {
        return std::nullopt;
    }
    return positions;
}

void DatasetFile::read_document_ids(std::int64_t first, std::span<std::int64_t> ids) const {
    arrays_->document_id.read(first, ids);
}

data::FeatureCounts DatasetFile::read_feature_counts() {
    data::FeatureCounts counts;
    const bool listed = arrays_->feature_column.has_value();
    const h5::ReadDataset& array = listed ? *arrays_->feature_count : *arrays_->feature_counts;
    const auto most = static_cast<std::size_t>(std::min(array.length(), header_.nonzeros));
    counts.column.reserve(most);  // growing would take twice the memory
    counts.count.reserve(most);
    if (listed) {
        visit_parts<std::uint32_t>(
            *arrays_->feature_column, [&](std::span<const std::uint32_t> part) {
                counts.column.insert(counts.column.end(), part.begin(), part.end());
            });
    }
    std::int64_t left = header_.nonzeros;  // every stored entry is one document of one feature
    std::int64_t column = 0;
    visit_parts<std::int64_t>(array, [&](std::span<const std::int64_t> part) {
        for (const std::int64_t count : part) {
            const bool sound = left >= count && count >= (listed ? 1 : 0) && count <= header_.rows;
            left = sound ? left - count : -1;
            if (left < 0) return;
            if (!listed && count > 0) counts.column.push_back(static_cast<std::uint32_t>(column));
            if (count > 0) counts.count.push_back(count);
            ++column;
        }
    });
    const bool ascending =
        std::ranges::adjacent_find(counts.column, std::greater_equal<>()) == counts.column.end();
    if (left != 0 || !ascending ||
        (counts.size() > 0 && counts.column.back() >= header_.features)) {
        throw Error(
            ExitCode::bad_data,
            array.handle().what() + " do not count the documents of the features; convert again");
    }
    return counts;
}

data::Idf DatasetFile::read_idf() const {
    data::Idf idf = io::read_idf(arrays_->file);
    if (digest_of(idf) == header_.idf) return idf;
    throw Error(ExitCode::bad_data,
                path_ + ": /idf is not what attribute idf says; convert the text again");
}

std::optional<WeightRange> DatasetFile::read_weight_range() {
    if (!arrays_->weight || header_.rows == 0) return std::nullopt;
    WeightRange range{std::numeric_limits<double>::infinity(), 0.0, 0.0};
    visit_parts<float>(*arrays_->weight, [&](std::span<const float> part) {
        for (const float weight : part) {
            range.smallest = std::min(range.smallest, static_cast<double>(weight));
            range.largest = std::max(range.largest, static_cast<double>(weight));
            range.sum += static_cast<double>(weight);
        }
    });
    return range;
}

std::vector<std::int64_t> DatasetFile::count_topics() {
    std::vector<std::int64_t> counts(header_.topics.size());
    if (!arrays_->topic_indices) return counts;
    visit_parts<std::int32_t>(*arrays_->topic_indices, [&](std::span<const std::int32_t> part) {
        for (const std::int32_t topic : part) {
            if (topic < 0 || topic >= std::ssize(counts)) {
                throw Error(ExitCode::bad_data, shown_ + ": a topic number is out of range");
            }
            ++counts[static_cast<std::size_t>(topic)];
        }
    });
    return counts;
}

std::string DatasetFile::identity() {
    const std::string header = pack(header_);
    Digest digest;
    digest.update(header.data(), header.size());
    arrays_->each([&]<class T>(const h5::ReadDataset& array) {
        const std::string stored = h5::read_string(array.handle(), "xxh3");
        digest.update(stored.data(), stored.size());
    });
    return digest.hex();
}

void DatasetFile::verify_digests() {
    arrays_->each([]<class T>(const h5::ReadDataset& array) { verify_digest<T>(array); });
}

void DatasetFile::verify() {
    count_topics();
    verify_digests();
    read_feature_counts();
    if (header_.shard_index == 0) read_idf();
    constexpr std::int64_t kBlock = 8192;
    RowBlock block;
    const Labelling labelling{header_.has_topics ? std::optional<std::int64_t>(0) : std::nullopt,
                              true};
    for (std::int64_t first = 0; first < header_.rows; first += kBlock) {
        read(first, std::min(kBlock, header_.rows - first), labelling, block);
    }
}

}  // namespace hogwild::io
