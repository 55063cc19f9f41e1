#include "io/dataset.hpp"

#include <algorithm>
#include <cassert>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "data/cbor.hpp"
#include "data/checked_cast.hpp"
#include "io/shard_names.hpp"

namespace hogwild::io {
namespace {

/// Rows of a block; with RCV1's 76 entries a row it takes about 1.3 MB, and five may be in memory.
constexpr std::int64_t kBlockRows = 2048;

void check_member(const DatasetFile& file, const DatasetHeader& set, std::size_t index,
                  std::size_t count, std::int64_t first_row) {
    const DatasetHeader& h = file.header();
    if (h.shard_count != static_cast<std::int64_t>(count)) {
        throw Error(ExitCode::bad_data,
                    file.path() + ": is one of " + std::to_string(h.shard_count) +
                        " shards; name the whole set (without .shard-…) and keep it together");
    }
    if (h.digest != set.digest || h.features != set.features || h.topics != set.topics ||
        h.has_topics != set.has_topics || h.has_weights != set.has_weights ||
        h.total_rows != set.total_rows) {
        throw Error(ExitCode::bad_data, file.path() + ": is a shard of another conversion");
    }
    if (h.shard_index != static_cast<std::int64_t>(index) || h.first_row != first_row) {
        throw Error(ExitCode::bad_data, file.path() + ": is not shard " + std::to_string(index) +
                                            " of its set; was it renamed?");
    }
}

}  // namespace

Dataset::Dataset(const std::string& name, const std::string& shown) : name_(name), shown_(shown) {
    const std::vector<std::string> paths = resolve_dataset(name);
    for (const std::string& path : paths) {
        DatasetFile file(path, shown);
        const DatasetHeader& h = file.header();
        if (members_.empty()) header_ = h;
        check_member(file, header_, members_.size(), paths.size(), first_.back());
        const std::int64_t file_rows = h.rows;
        const std::int64_t file_nonzeros = h.nonzeros;
        add({path, {}, file_rows, file_nonzeros, std::move(file)});
    }
    if (rows() != header().total_rows) {
        throw Error(ExitCode::bad_data, name + ": the set has " + std::to_string(rows()) +
                                            " documents, expected " +
                                            std::to_string(header().total_rows));
    }
}

void Dataset::add(Member member) {
    first_.push_back(first_.back() + member.rows);
    nonzeros_ += member.nonzeros;
    members_.push_back(std::move(member));
}

std::string Dataset::manifest() const {
    using nlohmann::json;
    json files = json::array();
    for (const Member& m : members_) files.push_back({m.path, m.rows, m.nonzeros});
    return data::cbor_of(json{name_, shown_, pack(header_), files});
}

Dataset Dataset::from_manifest(std::string_view manifest) {
    const auto json = nlohmann::json::from_cbor(manifest.begin(), manifest.end());
    Dataset dataset;
    dataset.name_ = json.at(0).get<std::string>();
    dataset.shown_ = json.at(1).get<std::string>();
    dataset.header_ = unpack_header(json.at(2).get<std::string>());
    for (const auto& file : json.at(3)) {
        dataset.add({file.at(0).get<std::string>(),
                     {},
                     file.at(1).get<std::int64_t>(),
                     file.at(2).get<std::int64_t>(),
                     std::nullopt});
    }
    return dataset;
}

DatasetFile& Dataset::file(std::size_t which) {
    Member& m = members_[which];
    if (m.file) return *m.file;
    DatasetFile opened(m.copy.empty() ? m.path : m.copy, shown_);
    check_member(opened, header_, which, members_.size(), first_[which]);
    if (opened.header().rows != m.rows || opened.header().nonzeros != m.nonzeros) {
        throw Error(ExitCode::bad_data,
                    opened.path() + ": was replaced while this run was starting; run again");
    }
    return m.file.emplace(std::move(opened));
}

std::vector<std::string> Dataset::paths() const {
    std::vector<std::string> paths;
    for (const Member& m : members_) paths.push_back(m.path);
    return paths;
}

std::vector<std::size_t> Dataset::files_with(std::int64_t first, std::int64_t end) const {
    std::vector<std::size_t> files;
    for (std::size_t k = 0; k < members_.size(); ++k) {
        if (std::max(first, first_[k]) < std::min(end, first_[k + 1])) files.push_back(k);
    }
    return files;
}

void Dataset::read_from_copy(std::size_t file, const std::string& path) {
    members_[file].copy = path;
    members_[file].file.reset();
}

namespace {

/// " (1, 2, 3)"; nothing where there are many.
std::string list_of(const std::vector<std::string>& names) {
    constexpr std::size_t kFew = 12;
    if (names.size() > kFew) return {};
    std::string list;
    for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
    return " (" + list + ")";
}

}  // namespace

Labelling Dataset::labelling(const std::string& category) const {
    if (!header().has_topics) {
        if (category.empty()) return {};
        throw Error(ExitCode::usage, name() + ": has labels of its own; leave --category out");
    }
    if (category.empty()) {
        throw Error(ExitCode::usage,
                    name() + ": has topics" + list_of(header().topics) +
                        "; choose one with --category, or all of them: --category all");
    }
    const auto& topics = header().topics;
    const auto it = std::ranges::find(topics, category);
    if (it == topics.end()) {
        throw Error(ExitCode::bad_data, name() + ": no category '" + category + "' among its " +
                                            std::to_string(topics.size()) +
                                            "; hdf5_inspect lists them");
    }
    return {it - topics.begin(), false};
}

std::int64_t Dataset::read_block(std::int64_t first, std::int64_t end, const Labelling& labelling,
                                 RowBlock& out) {
    const auto after = std::ranges::upper_bound(first_, first);
    const auto which = static_cast<std::size_t>(after - first_.begin()) - 1;
    const std::int64_t stop = std::min({end, *after, first + kBlockRows});
    file(which).read(first - first_[which], stop - first, labelling, out);
    return stop;
}

data::LabelSets Dataset::label_sets(std::int64_t first, std::int64_t end,
                                    std::span<const std::string> categories) {
    constexpr std::size_t kMost = 65'536;  // LabelSets
    if (!header().has_topics) {
        throw Error(ExitCode::usage, name() + ": has labels of its own; leave --category out");
    }
    if (categories.size() > kMost) {
        throw Error(ExitCode::usage, name() + ": more than 65536 categories at once");
    }
    std::vector<std::int32_t> output_of_topic(header().topics.size(), -1);
    std::int32_t output = 0;
    for (const std::string& category : categories) {
        const auto topic = static_cast<std::size_t>(*labelling(category).topic);
        assert(output_of_topic[topic] < 0);
        output_of_topic[topic] = output++;
    }
    data::LabelSets sets(categories.size());
    for (const std::size_t k : files_with(first, end)) {
        const std::int64_t begin = std::max(first, first_[k]);
        const std::int64_t stop = std::min(end, first_[k + 1]);
        for (std::int64_t at = begin; at < stop; at += kBlockRows) {
            file(k).read_label_sets(at - first_[k], std::min(kBlockRows, stop - at),
                                    output_of_topic, sets);
        }
    }
    return sets;
}

LabelBlock Dataset::read_labels(std::int64_t first, std::int64_t end, const Labelling& labelling) {
    LabelBlock all;
    for (const std::size_t k : files_with(first, end)) {
        const std::int64_t begin = std::max(first, first_[k]);
        file(k).read_labels(begin - first_[k], std::min(end, first_[k + 1]) - begin, labelling,
                            all);
    }
    return all;
}

void Dataset::check_labels(const Labelling& labelling) {
    for (std::size_t which = 0; which < members_.size(); ++which) {
        file(which).check_labels(labelling);
    }
}

std::optional<std::vector<std::int64_t>> Dataset::positions(std::int64_t first, std::int64_t end) {
    std::vector<std::int64_t> all;
    for (const std::size_t k : files_with(first, end)) {
        const std::int64_t begin = std::max(first, first_[k]);
        const std::int64_t count = std::min(end, first_[k + 1]) - begin;
        const auto part = file(k).read_positions(begin - first_[k], count);
        if (!part) return std::nullopt;
        all.insert(all.end(), part->begin(), part->end());
    }
    return all;
}

std::vector<std::int64_t> Dataset::document_ids(std::int64_t first, std::int64_t end) {
    std::vector<std::int64_t> all(static_cast<std::size_t>(end - first));
    for (const std::size_t k : files_with(first, end)) {
        const std::int64_t begin = std::max(first, first_[k]);
        const std::int64_t count = std::min(end, first_[k + 1]) - begin;
        file(k).read_document_ids(begin - first_[k],
                                  std::span(all).subspan(static_cast<std::size_t>(begin - first),
                                                         static_cast<std::size_t>(count)));
    }
    return all;
}

std::int64_t Dataset::nonzeros_before(std::int64_t row) {
    std::int64_t before = 0;
    std::size_t which = 0;
    for (; which < members_.size() && row >= first_[which + 1]; ++which) {
        before += members_[which].nonzeros;
    }
    if (row == first_[which]) return before;
    return before + file(which).read_indptr(row - first_[which], 0).front();
}

std::vector<std::int32_t> Dataset::row_lengths() {
    std::vector<std::int32_t> lengths;
    lengths.reserve(static_cast<std::size_t>(rows()));
    for (std::size_t which = 0; which < members_.size(); ++which) {
        for (std::int64_t first = 0; first < members_[which].rows; first += kBlockRows) {
            const auto indptr =
                file(which).read_indptr(first, std::min(kBlockRows, members_[which].rows - first));
            for (std::size_t k = 1; k < indptr.size(); ++k) {
                const std::int64_t length = indptr[k] - indptr[k - 1];
                if (length > features()) {
                    throw Error(ExitCode::bad_data,
                                members_[which].path + ": row " +
                                    std::to_string(first + static_cast<std::int64_t>(k) - 1) +
                                    " has more entries than there are features; convert again");
                }
                lengths.push_back(checked_cast<std::int32_t>(length));
            }
        }
    }
    return lengths;
}

data::FeatureCounts Dataset::feature_counts() {
    data::FeatureCounts counts;
    for (std::size_t which = 0; which < members_.size(); ++which) {
        counts += file(which).read_feature_counts();
    }
    return counts;
}

}  // namespace hogwild::io
