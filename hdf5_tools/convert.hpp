#pragma once
#include <boost/program_options.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "data/line_cursor.hpp"
#include "io/dataset_header.hpp"
#include "io/digest.hpp"
#include "io/external_bucket_sort.hpp"
#include "io/file_lock.hpp"

namespace hogwild::tools {

/// Options of every converter about its output.
struct OutputOptions {
    std::string output;
    int shards = 1;
    std::int64_t shuffle_seed = 1;  ///< -1: keep the order of the text
    std::int64_t features = 0;      ///< 0: as many as the largest id needs
    bool compress = false;
    bool quiet = false;
};

/// --output, --shards, --shuffle-seed, --no-shuffle, --features, --compress, --quiet.
void add_output_options(boost::program_options::options_description& options, OutputOptions& out);
/// @throws Error (usage) on contradictions.
void check_output_options(const boost::program_options::variables_map& values, OutputOptions& out);

/// The common half of the converters: takes documents, writes one dataset file or a set of shards.
///
/// Streaming: documents wait in an ExternalBucketSort (at most about 64 MB in memory), then are
/// written in shuffled order, read back, and renamed together. If a conversion fails, no file has a
/// final name.
class Conversion {
public:
    /// Checks at once that the output can be written.
    /// @throws Error: cannot_create.
    Conversion(OutputOptions options, const std::string& tool);

    /// Reads a text file line by line with a progress line on stderr about once a second;
    /// remembers its name and digest. `parse` may throw data::LineError.
    void read_text(const std::string& path, const std::function<void(std::string_view)>& parse);
    /// Adds one document. `topics` are numbers; for a document with a label, {0} (+1) or {} (-1).
    void add(const data::Document& document, std::span<const std::uint16_t> topics);
    /// @param topics  names by number; nullptr: documents have labels of their own.
    /// @throws Error: bad_data when there are no documents; io.
    io::DatasetHeader write(const std::vector<std::string>* topics);

    std::int64_t rows() const noexcept { return rows_; }

private:
    io::DatasetHeader header(const std::vector<std::string>* topics) const;
    void remove_others(const std::vector<std::string>& written) const;

    OutputOptions options_;
    std::string tool_;
    io::FileLock lock_;
    io::ExternalBucketSort spool_;
    io::Digest digest_;
    std::vector<std::string> sources_;
    std::vector<std::string> source_digests_;
    std::int64_t rows_ = 0;
    std::int64_t features_ = 0;
    std::int64_t nonzeros_ = 0;
};

/// "23,149": for people.
std::string with_commas(std::int64_t number);

}  // namespace hogwild::tools
