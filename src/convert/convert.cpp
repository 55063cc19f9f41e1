#include "convert/convert.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <utility>

#include "cli/file_options.hpp"
#include "cli/typed_value.hpp"
#include "convert/progress.hpp"
#include "data/error.hpp"
#include "data/partition.hpp"
#include "data/printable.hpp"
#include "data/random.hpp"
#include "data/version.hpp"
#include "io/dataset.hpp"
#include "io/dataset_writer.hpp"
#include "io/file_kind.hpp"
#include "io/idf_store.hpp"
#include "io/model_file.hpp"
#include "io/pending_file.hpp"
#include "io/shard_names.hpp"
#include "io/stop_signal.hpp"
#include "io/text_reader.hpp"

namespace hogwild::tools {

namespace po = boost::program_options;

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSpoolBudget = std::size_t{64} << 20;  // bytes
constexpr int kMostShards = 99'999;

std::string directory_of(const std::string& path) {
    const fs::path parent = fs::path(path).parent_path();
    return parent.empty() ? "." : parent.string();
}

/// @param name  of a dataset or a model.
data::Idf read_idf_of(const std::string& name) {
    data::Idf idf = io::file_kind(name) == io::FileKind::model ? io::read_model(name).idf
                                                               : io::Dataset(name).idf();
    if (!idf.empty()) return idf;
    throw Error(ExitCode::bad_data,
                name +
                    ": holds no inverse document frequencies for --idf-from; convert the "
                    "training set with --idf");
}

/// The files of one output: written one by one, committed together at the end.
class OutputSet {
public:
    OutputSet(const OutputOptions& options, const io::DatasetHeader& header)
        : options_(options), header_(header) {
        const int n = options.shards;
        for (int shard = 0; shard < n; ++shard) {
            files_.emplace_back(n == 1 ? options.output : io::shard_path(options.output, shard, n));
        }
        begin_shard();
    }

    void append(const io::DocumentRecord& record) {
        while (in_shard_ == shard_range(shard_).size()) end_shard();
        writer_->append(record);
        ++in_shard_;
    }

    /// Completes the last file and reads all files back.
    void verify() {
        while (writer_) end_shard();
        for (const io::PendingFile& file : files_) {
            io::DatasetFile(file.temporary_path()).verify_digests();
        }
    }

    /// @return the final paths.
    std::vector<std::string> commit() {
        std::vector<std::string> done;
        try {
            for (io::PendingFile& file : files_) {
                file.commit();
                done.push_back(file.final_path());
            }
        } catch (...) {  // a set is complete or absent
            for (io::PendingFile& file : files_) file.withdraw();
            throw;
        }
        return done;
    }

private:
    data::Range shard_range(int shard) const {
        return data::equal_part(header_.total_rows, options_.shards, shard);
    }
    void begin_shard() {
        const data::Range range = shard_range(shard_);
        header_.rows = range.size();
        header_.first_row = range.begin;
        header_.shard_index = shard_;
        header_.shard_count = options_.shards;
        writer_ = std::make_unique<io::DatasetWriter>(
            files_[static_cast<std::size_t>(shard_)].temporary_path(), header_, options_.compress);
        if (shard_ == 0) writer_->add_idf(options_.preprocessing.idf);
        in_shard_ = 0;
    }
    void end_shard() {
        writer_->finish();
        writer_.reset();
        if (++shard_ < options_.shards) begin_shard();
    }

    const OutputOptions& options_;
    io::DatasetHeader header_;
    std::vector<io::PendingFile> files_;
    std::unique_ptr<io::DatasetWriter> writer_;
    int shard_ = 0;
    std::int64_t in_shard_ = 0;
};

}  // namespace

void add_output_options(po::options_description& options, OutputOptions& out) {
    options.add_options()("output",
                          file_value(out.output, io::FileUse::output, io::FileKind::dataset)
                              ->required()
                              ->value_name("NAME.h5"),
                          "dataset to write")(
        "shards", po::value(&out.shards)->default_value(1)->value_name("N"),
        "write N files NAME.shard-00000-of-0000N.h5 … instead of one")(
        "shuffle-seed", po::value(&out.shuffle_seed)->default_value(1)->value_name("S"),
        "seed of the random order of the documents")(
        "no-shuffle", "keep the documents in the order of the input")(
        "features", po::value(&out.features)->default_value(0)->value_name("N"),
        "number of columns; 0: as many as the largest id needs")(
        "normalize", app::named_value(out.preprocessing.norm, "--normalize"),
        "divide the values of each document by their norm")(
        "idf", po::bool_switch(&out.own_idf),
        "multiply values by inverse document frequencies first: ln((1 + documents) / (1 + those "
        "with the feature)) + 1")(
        "idf-from",
        file_value(out.idf_from, io::FileUse::input, io::FileKind::dataset)->value_name("FILE.h5"),
        "by those of a dataset that was converted with --idf, or of a model: for test sets")(
        "compress", po::bool_switch(&out.compress), "compress (smaller, slower to read)")(
        "quiet", po::bool_switch(&out.quiet), "no progress, no summary");
}

void check_output_options(const po::variables_map& values, OutputOptions& out) {
    const auto refuse = [](const std::string& why) { throw Error(ExitCode::usage, why); };
    if (out.shards < 1 || out.shards > kMostShards) {
        refuse("--shards must lie in 1 .. " + std::to_string(kMostShards));
    }
    if (out.shuffle_seed < 0) refuse("--shuffle-seed must not be negative");
    if (out.features < 0 || out.features > (std::int64_t{1} << 31) - 1) {
        refuse("--features must lie in 0 .. 2147483647");
    }
    if (!out.idf_from.empty()) {
        if (out.own_idf) refuse("--idf and --idf-from contradict each other");
        out.preprocessing.idf = read_idf_of(out.idf_from);
    }
    if (values.count("no-shuffle") != 0) {
        if (!values["shuffle-seed"].defaulted()) {
            refuse("--shuffle-seed and --no-shuffle contradict each other");
        }
        out.shuffle_seed = -1;
    }
}

Conversion::Conversion(OutputOptions options, const std::string& tool, FirstId first_id)
    : options_(std::move(options)),
      tool_(tool + " " + data::program_version()),
      first_id_(first_id),
      lock_(options_.output),
      spool_(directory_of(options_.output), kSpoolBudget,
             options_.shuffle_seed >= 0 ? io::ExternalBucketSort::Order::by_key
                                        : io::ExternalBucketSort::Order::as_appended) {
    const io::PendingFile probe(options_.output);  // reports errors in the first second
    if (options_.own_idf) counter_.emplace(std::int64_t{data::FeatureSet::kAbsent});
}

void Conversion::read_text(const std::string& path,
                           const std::function<void(std::string_view)>& parse) {
    io::TextReader reader(path);
    Progress progress("reading " + path, options_.quiet);
    io::for_each_line(reader, [&](std::string_view line) {
        if (reader.line_number() % 1024 == 0) {
            progress.show(reader.stored_position(), reader.stored_size());
        }
        parse(line);
    });
    add_source(path, reader.digest());
}

void Conversion::add_source(const std::string& path, const std::string& digest) {
    sources_.push_back(fs::path(path).filename().string());
    source_digests_.push_back(digest);
}

bool Conversion::weighs(const data::Document& document) noexcept {
    if (document.weight.value_or(1.0F) > 0.0F) return true;
    ++weightless_;
    return false;
}

void Conversion::add(const data::Document& document, std::span<const std::uint16_t> labels) {
    if (!document.index.empty()) {
        check_features(document.index.back());
        largest_ = std::max<std::int64_t>(largest_, document.index.back());
        smallest_ = std::min<std::int64_t>(smallest_, document.index.front());
    }
    if (counter_) counter_->add(document.index);
    digest_.update(&document.id, sizeof document.id);
    update_digest(document.index);
    digest_.update(std::span<const float>(document.value));
    digest_.update(labels);
    const float weight = document.weight.value_or(1.0F);
    weight_digest_.update(&weight, sizeof weight);
    has_weights_ = has_weights_ || weight != 1.0F;
    const data::CounterRandom order(static_cast<std::uint64_t>(options_.shuffle_seed), 0x73687566);
    spool_.append(order.bits(static_cast<std::uint64_t>(rows_)),
                  {document.id, document.index, document.value, labels, rows(), 0, weight});
    ++rows_;
}

/// Ids where 1 is the first, so that equal documents have equal digests however ids are told.
void Conversion::update_digest(std::span<const std::uint32_t> index) {
    if (first_id() == 1) {
        digest_.update(index);
        return;
    }
    ids_.assign(index.begin(), index.end());
    for (std::uint32_t& id : ids_) --id;  // 0 becomes the largest number
    digest_.update(std::span<const std::uint32_t>(ids_));
}

/// With FirstId::automatic a file may use one index more than it has columns.
void Conversion::check_features(std::uint32_t index) const {
    const std::int64_t spare = first_id_ == FirstId::automatic ? 1 : 0;
    if (options_.features == 0 || index < options_.features + spare) return;
    throw data::LineError(1, "term " + std::to_string(index + first_id()) +
                                 " is above --features " + std::to_string(options_.features));
}

io::DatasetHeader Conversion::header(const Labelling& labelling, std::uint32_t shift) const {
    const std::int64_t needed = largest_ + 1 - shift;
    if (options_.features > 0 && needed > options_.features) {
        throw Error(ExitCode::bad_data, "ids begin at 0, so there are " + std::to_string(needed) +
                                            " features, more than --features " +
                                            std::to_string(options_.features));
    }
    io::DatasetHeader h;
    h.features = std::max(options_.features, needed);
    h.feature_id_base = first_id() + shift;
    h.total_rows = rows_ - labelling.left_out;
    h.has_topics = labelling.has_topics;
    h.topics = labelling.topics;
    h.has_weights = has_weights_;
    h.positive_label = labelling.positive_label;
    h.sources = sources_;
    h.source_digests = source_digests_;
    h.shuffle_seed = options_.shuffle_seed;
    const data::Preprocessing& values = options_.preprocessing;
    if (values.norm != data::Norm::none) h.normalization = name_of(values.norm);
    h.idf = io::digest_of(values.idf);
    io::Digest digest;  // of the documents, their order and what their labels mean
    const std::string documents = digest_.hex();
    digest.update(documents.data(), documents.size());
    digest.update(&h.shuffle_seed, sizeof h.shuffle_seed);
    if (h.feature_id_base != 1) digest.update(&h.feature_id_base, sizeof h.feature_id_base);
    digest.update(h.normalization.data(), h.normalization.size());
    digest.update(h.idf.data(), h.idf.size());
    digest.update(labelling.key.data(), labelling.key.size());
    for (const std::string& name : h.topics) digest.update(name.c_str(), name.size() + 1);
    if (h.has_weights) {
        const std::string weights = weight_digest_.hex();
        digest.update(weights.data(), weights.size());
    }
    h.digest = digest.hex();
    h.tool = tool_;
    return h;
}

/// Of all documents that were added, also of those that are left out for lack of a label.
/// @param shift  to be taken off the columns.
void Conversion::make_idf(std::uint32_t shift) {
    data::FeatureCounts counts = counter_->counts();
    counter_.reset();
    for (std::uint32_t& column : counts.column) column -= shift;
    options_.preprocessing.idf = data::Idf::of(std::move(counts), rows_);
}

void Conversion::check_documents(const Labelling& labelling) const {
    if (rows_ - labelling.left_out > 0) return;
    throw Error(ExitCode::bad_data, rows() == 0  ? "no documents in the input"
                                    : rows_ == 0 ? "all documents in the input have weight 0"
                                                 : "no document in the input has a label");
}

void Conversion::write(const Labelling& labelling) {
    check_documents(labelling);
    const std::uint32_t shift = first_id_ == FirstId::automatic && smallest_ > 0 ? 1 : 0;
    if (counter_) make_idf(shift);
    const io::DatasetHeader h = header(labelling, shift);
    OutputSet output(options_, h);
    Progress progress("writing " + options_.output, options_.quiet);
    std::int64_t taken = 0;
    std::int64_t entries = 0;
    std::vector<std::uint32_t> columns;
    std::vector<float> values;
    spool_.drain([&](const io::DocumentRecord& stored) {
        if (taken++ % 1024 == 0) progress.show(taken, rows_);
        io::DocumentRecord record = stored;
        if (!labelling.apply(record)) return;
        if (shift > 0) {
            columns.assign(record.index.begin(), record.index.end());
            for (std::uint32_t& column : columns) column -= shift;
            record.index = columns;
        }
        if (!options_.preprocessing.empty()) {
            values.assign(record.value.begin(), record.value.end());
            if (!options_.preprocessing.apply(record.index, values)) {
                throw Error(ExitCode::bad_data, options_.output + ": document " +
                                                    std::to_string(record.id) + ": " +
                                                    data::Preprocessing::kTooLarge);
            }
            record.value = values;
        }
        entries += std::ssize(record.index);
        output.append(record);
    });
    output.verify();
    {
        const io::StopSignalHold hold;  // else the name could mean two datasets
        remove_others(output.commit());
    }
    if (!options_.quiet) {
        std::cout << data::printable(options_.output) << ": " << with_commas(h.total_rows)
                  << " documents, " << with_commas(entries) << " entries, "
                  << with_commas(h.features) << " features"
                  << (options_.shards > 1 ? ", " + with_commas(options_.shards) + " shards" : "")
                  << (has_weights_ ? ", with weights" : "")
                  << (h.idf.empty() ? "" : ", with inverse document frequencies")
                  << (weightless_ > 0 ? "; left out: " + with_commas(weightless_) + " of weight 0"
                                      : "")
                  << '\n';
    }
}

/// Removes an earlier conversion to the same name, which would make the name ambiguous.
void Conversion::remove_others(const std::vector<std::string>& written) const {
    std::vector<std::string> others = io::shard_files(options_.output);
    if (fs::exists(options_.output)) others.push_back(options_.output);
    for (const std::string& path : others) {
        if (std::ranges::find(written, path) == written.end() && ::unlink(path.c_str()) != 0) {
            throw Error(ExitCode::io, path + ": cannot remove what the new files replace");
        }
    }
}

void check_input(const std::string& name, const std::function<void()>& check) {
    try {
        check();
    } catch (const Error& error) {
        throw Error(error.code(), name + ": " + error.what());
    }
}

std::string with_commas(std::int64_t number) {
    std::string digits = std::to_string(number);
    const std::ptrdiff_t first = number < 0 ? 1 : 0;
    for (std::ptrdiff_t at = std::ssize(digits) - 3; at > first; at -= 3) {
        digits.insert(static_cast<std::size_t>(at), 1, ',');
    }
    return digits;
}

}  // namespace hogwild::tools
