#include "hogwild/io/dataset.hpp"

#include <algorithm>

#include "hogwild/data/checked_cast.hpp"
#include "hogwild/io/shard_names.hpp"

namespace hogwild::io {
namespace {

/// Rows of a block; with RCV1's 76 entries a row it takes about 2.5 MB.
constexpr std::int64_t kBlockRows = 4096;

void check_member(const DatasetFile& file, const DatasetHeader& set, std::size_t index,
                  std::size_t count, std::int64_t first_row) {
    const DatasetHeader& h = file.header();
    if (h.shard_count != static_cast<std::int64_t>(count)) {
        throw Error(ExitCode::bad_data,
                    file.path() + ": is one of " + std::to_string(h.shard_count) +
                        " shards; name the whole set (without .shard-…) and keep it together");
    }
    if (h.digest != set.digest || h.features != set.features || h.topics != set.topics ||
        h.has_topics != set.has_topics || h.total_rows != set.total_rows) {
        throw Error(ExitCode::bad_data, file.path() + ": is a shard of another conversion");
    }
    if (h.shard_index != static_cast<std::int64_t>(index) || h.first_row != first_row) {
        throw Error(ExitCode::bad_data, file.path() + ": is not shard " + std::to_string(index) +
                                            " of its set; was it renamed?");
    }
}

}  // namespace

Dataset::Dataset(const std::string& name) : name_(name) {
    const std::vector<std::string> paths = resolve_dataset(name);
    for (const std::string& path : paths) {
        files_.emplace_back(path);
        check_member(files_.back(), header(), files_.size() - 1, paths.size(), first_.back());
        first_.push_back(first_.back() + files_.back().header().rows);
        nonzeros_ += files_.back().header().nonzeros;
    }
    if (rows() != header().total_rows) {
        throw Error(ExitCode::bad_data, name + ": the set has " + std::to_string(rows()) +
                                            " documents, expected " +
                                            std::to_string(header().total_rows));
    }
}

std::vector<std::string> Dataset::paths() const {
    std::vector<std::string> paths;
    for (const DatasetFile& file : files_) paths.push_back(file.path());
    return paths;
}

Labelling Dataset::labelling(const std::string& category) const {
    if (!header().has_topics) {
        if (category.empty()) return {};
        throw Error(ExitCode::usage, name_ + ": has labels of its own; leave --category out");
    }
    if (category.empty()) {
        throw Error(ExitCode::usage, name_ + ": has topics; choose one with --category");
    }
    const auto& topics = header().topics;
    const auto it = std::ranges::find(topics, category);
    if (it == topics.end()) {
        throw Error(ExitCode::bad_data, name_ + ": no category '" + category + "' among its " +
                                            std::to_string(topics.size()) +
                                            "; hdf5_inspect lists them");
    }
    return {it - topics.begin()};
}

std::int64_t Dataset::read_block(std::int64_t first, std::int64_t end, const Labelling& labelling,
                                 RowBlock& out) {
    const auto after = std::ranges::upper_bound(first_, first);
    const auto which = static_cast<std::size_t>(after - first_.begin()) - 1;
    const std::int64_t stop = std::min({end, *after, first + kBlockRows});
    files_[which].read(first - first_[which], stop - first, labelling, out);
    return stop;
}

std::int64_t Dataset::nonzeros_before(std::int64_t row) {
    std::int64_t before = 0;
    std::size_t which = 0;
    for (; row > first_[which + 1]; ++which) before += files_[which].header().nonzeros;
    return before + files_[which].read_indptr(row - first_[which], 0).front();
}

std::vector<std::int32_t> Dataset::row_lengths() {
    std::vector<std::int32_t> lengths;
    lengths.reserve(static_cast<std::size_t>(rows()));
    for (DatasetFile& file : files_) {
        for (std::int64_t first = 0; first < file.header().rows; first += kBlockRows) {
            const auto indptr =
                file.read_indptr(first, std::min(kBlockRows, file.header().rows - first));
            for (std::size_t k = 1; k < indptr.size(); ++k) {
                lengths.push_back(checked_cast<std::int32_t>(indptr[k] - indptr[k - 1]));
            }
        }
    }
    return lengths;
}

std::vector<std::int64_t> Dataset::feature_counts() {
    std::vector<std::int64_t> counts(static_cast<std::size_t>(features()));
    for (DatasetFile& file : files_) {
        const std::vector<std::int64_t> part = file.read_feature_counts();
        std::ranges::transform(counts, part, counts.begin(), std::plus<>());
    }
    return counts;
}

}  // namespace hogwild::io
