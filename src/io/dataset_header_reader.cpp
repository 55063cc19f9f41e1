#include "io/dataset_header_reader.hpp"

#include <limits>
#include <string>

#include "data/error.hpp"
#include "data/normalize.hpp"

namespace hogwild::io {
namespace {

/// Generous bounds that keep sums over all shards of a set in range.
constexpr std::int64_t kMostEntries = std::int64_t{1} << 46;
constexpr std::int64_t kMostShards = 99'999;

void check_numbers(const DatasetHeader& h, const std::string& path) {
    const auto expect = [&](const char* name, std::int64_t value, std::int64_t least,
                            std::int64_t most) {
        if (value >= least && value <= most) return;
        throw Error(ExitCode::bad_data, path + ": attribute " + name + " is " +
                                            std::to_string(value) + ", expected " +
                                            std::to_string(least) + " to " + std::to_string(most) +
                                            "; convert the text again");
    };
    expect("rows", h.rows, 0, kMostEntries);
    expect("nonzeros", h.nonzeros, 0, kMostEntries);
    expect("features", h.features, 0, kMostFeatures);
    expect("feature_id_base", h.feature_id_base, 0, 1);
    expect("total_rows", h.total_rows, h.rows, kMostEntries);
    expect("first_row", h.first_row, 0, h.total_rows - h.rows);
    expect("shard_count", h.shard_count, 1, kMostShards);
    expect("shard_index", h.shard_index, 0, h.shard_count - 1);
    expect("shuffle_seed", h.shuffle_seed, -1, std::numeric_limits<std::int64_t>::max());
}

}  // namespace

DatasetHeader read_header(const h5::Handle& file) {
    const std::string& path = file.what();
    if (!h5::has_attribute(file, "schema") || h5::read_string(file, "schema") != kDatasetSchema) {
        throw Error(ExitCode::bad_data, path +
                                            ": is not a hogwild dataset; matrix_to_hdf5 "
                                            "converts matrices of AnnData (.h5ad)");
    }
    if (const std::int64_t version = h5::read_integer(file, "version");
        version != kDatasetVersion) {
        throw Error(ExitCode::bad_data, path + ": dataset version " + std::to_string(version) +
                                            "; this program reads version " +
                                            std::to_string(kDatasetVersion));
    }
    if (!h5::has_attribute(file, "complete") || h5::read_integer(file, "complete") != 1) {
        throw Error(ExitCode::bad_data, path + ": was never completed; convert the text again");
    }
    DatasetHeader h;
    h.rows = h5::read_integer(file, "rows");
    h.features = h5::read_integer(file, "features");
    h.nonzeros = h5::read_integer(file, "nonzeros");
    h.feature_id_base = h5::read_integer(file, "feature_id_base");
    h.total_rows = h5::read_integer(file, "total_rows");
    h.first_row = h5::read_integer(file, "first_row");
    h.shard_index = h5::read_integer(file, "shard_index");
    h.shard_count = h5::read_integer(file, "shard_count");
    h.sources = h5::read_strings(file, "sources");
    h.source_digests = h5::read_strings(file, "source_digests");
    h.shuffle_seed = h5::read_integer(file, "shuffle_seed");
    if (h5::has_attribute(file, "positive_label")) {
        h.positive_label = h5::read_string(file, "positive_label");
    }
    if (h5::has_attribute(file, "normalization")) {
        h.normalization = h5::read_string(file, "normalization");
        data::read_norm(h.normalization, path);  // throws if it is unknown
    }
    if (h5::has_attribute(file, "idf")) h.idf = h5::read_string(file, "idf");
    h.digest = h5::read_string(file, "digest");
    h.tool = h5::read_string(file, "tool");
    h.has_topics = h5::has_link(file, "topics");
    h.has_weights = h5::has_link(file, "sample_weight");
    if (h5::has_attribute(file, "weighted") &&  // older datasets do not have it
        h5::read_integer(file, "weighted") != (h.has_weights ? 1 : 0)) {
        throw Error(ExitCode::bad_data,
                    path + ": attribute weighted contradicts " +
                        (h.has_weights ? "sample_weight, which is there"
                                       : "the file, which has no sample_weight") +
                        "; convert the text again");
    }
    check_numbers(h, path);
    return h;
}

}  // namespace hogwild::io
