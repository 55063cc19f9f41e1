#pragma once
#include <boost/program_options.hpp>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/feature_counts.hpp"
#include "data/line_cursor.hpp"
#include "data/preprocessing.hpp"
#include "io/dataset_header.hpp"
#include "io/digest.hpp"
#include "io/external_bucket_sort.hpp"
#include "io/file_lock.hpp"

namespace hogwild::tools {

/// Options of every converter about its output.
struct OutputOptions {
    std::string output;
    int shards = 1;
    std::int64_t shuffle_seed = 1;           ///< -1: keep the order of the input
    std::int64_t features = 0;               ///< 0: as many as the largest id needs
    data::Preprocessing preprocessing = {};  ///< of the values of each document
    bool own_idf = false;       ///< with the inverse document frequencies of these documents
    std::string idf_from = {};  ///< or with those that this file holds
    bool compress = false;
    bool quiet = false;
};

/// --output, --shards, --shuffle-seed, --no-shuffle, --features, --normalize, --idf,
/// --idf-from, --compress, --quiet.
void add_output_options(boost::program_options::options_description& options, OutputOptions& out);
/// Reads what --idf-from names. @throws Error: usage on contradictions; no_input, bad_data.
void check_output_options(const boost::program_options::variables_map& values, OutputOptions& out);

/// Where feature ids begin: the first one is column 0.
enum class FirstId {
    one,
    zero,
    automatic,  ///< 0 if that id occurs, else 1
};

/// What the numbers mean that a converter gives with its documents, once all are there.
struct Labelling {
    bool has_topics = false;  ///< else every document has one label
    std::vector<std::string> topics;
    std::string positive_label;  ///< what +1 is called in the text; empty: 1, or there are topics
    std::string key;             ///< what else decides about the meaning: for the digest
    std::int64_t left_out = 0;   ///< documents that `apply` refuses
    /// Puts the topics or the label in place of the numbers in record.topics; what it points to
    /// stays until the next call. @return false: the document is to be left out.
    std::function<bool(io::DocumentRecord& record)> apply;
};

/// The common half of the converters: takes documents, writes one dataset file or a set of shards.
///
/// Streaming: documents wait in an ExternalBucketSort (at most about 64 MB in memory), then are
/// written in shuffled order, read back, and renamed together. If a conversion fails, no file has a
/// final name.
class Conversion {
public:
    /// Checks at once that the output can be written.
    /// @throws Error: cannot_create.
    Conversion(OutputOptions options, const std::string& tool, FirstId first_id = FirstId::one);

    /// Reads a text file line by line with a progress line on stderr about once a second;
    /// remembers its name and digest. `parse` may throw data::LineError.
    void read_text(const std::string& path, const std::function<void(std::string_view)>& parse);
    /// Remembers the name and the digest of a file that the caller reads.
    void add_source(const std::string& path, const std::string& digest);
    /// Whether a document has a weight above 0. One of weight 0 is left out: counted here and in
    /// rows().
    bool weighs(const data::Document& document) noexcept;
    /// Adds one document, whose weight is above 0. @param labels  numbers, to be understood by
    /// write()'s argument.
    void add(const data::Document& document, std::span<const std::uint16_t> labels);
    /// @throws Error: bad_data when there are no documents to be written.
    void check_documents(const Labelling& labelling) const;
    /// @throws Error: bad_data as check_documents(); io.
    void write(const Labelling& labelling);

    /// The feature id that is index 0 of the documents: 0 where it is found out only at the end.
    std::int64_t first_id() const noexcept { return first_id_ == FirstId::one ? 1 : 0; }

    /// Documents so far, with those that were left out.
    std::int64_t rows() const noexcept { return rows_ + weightless_; }
    /// Documents so far, without those.
    std::int64_t added() const noexcept { return rows_; }
    bool has_features() const noexcept { return largest_ >= 0; }

private:
    void update_digest(std::span<const std::uint32_t> index);
    void check_features(std::uint32_t index) const;
    void make_idf(std::uint32_t shift);
    io::DatasetHeader header(const Labelling& labelling, std::uint32_t shift) const;
    void remove_others(const std::vector<std::string>& written) const;

    OutputOptions options_;
    std::string tool_;
    FirstId first_id_;
    io::FileLock lock_;
    io::ExternalBucketSort spool_;
    io::Digest digest_;
    std::vector<std::uint32_t> ids_;  ///< of update_digest()
    std::vector<std::string> sources_;
    std::vector<std::string> source_digests_;
    std::optional<data::FeatureCounter> counter_;  ///< for --idf
    io::Digest weight_digest_;
    bool has_weights_ = false;     ///< a weight is not 1
    std::int64_t weightless_ = 0;  ///< documents of weight 0
    std::int64_t rows_ = 0;
    std::int64_t largest_ = -1;  ///< index
    std::int64_t smallest_ = std::numeric_limits<std::int64_t>::max();
};

/// Calls `check`, whose errors do not say which input they are about, and adds its name.
void check_input(const std::string& name, const std::function<void()>& check);

/// "23,149": for people.
std::string with_commas(std::int64_t number);

}  // namespace hogwild::tools
