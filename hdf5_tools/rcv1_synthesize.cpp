/// Writes text files in the shape of RCV1-v2, for machines that cannot download the real ones.
#include <boost/program_options.hpp>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "cli/file_options.hpp"
#include "convert/progress.hpp"
#include "data/error.hpp"
#include "data/printable.hpp"
#include "io/stop_signal.hpp"
#include "io/text_file.hpp"
#include "synthesis.hpp"
#include "tool_main.hpp"

namespace {

namespace fs = std::filesystem;
namespace po = boost::program_options;
using hogwild::Error;
using hogwild::ExitCode;
namespace io = hogwild::io;
namespace tools = hogwild::tools;

constexpr std::int64_t kTestFiles = 4;
constexpr std::int64_t kMaxDocuments = 1'000'000'000;
constexpr double kLeastMeanTerms = 5.0;   // documents have 4 to 800 terms: outside of this range
constexpr double kMostMeanTerms = 250.0;  // the mean of what is left would be another one

struct Options {
    std::string output_dir;
    std::int64_t train_documents = 23149;
    std::int64_t test_documents = 781265;
    std::int64_t seed = 1;
    double mean_terms = tools::kMeanTerms;
    bool quiet = false;
};

/// All files of one collection: they appear together or not at all.
class FileSet {
public:
    io::TextFile& add(const fs::path& path) {
        return files_.emplace_back(std::make_unique<io::LockedTextFile>(path.string()))->file;
    }

    void commit() {
        for (const auto& one : files_) one->file.close();
        const io::StopSignalHold hold;
        try {
            for (const auto& one : files_) one->file.commit();
        } catch (...) {
            for (const auto& one : files_) one->file.withdraw();
            throw;
        }
    }

private:
    std::vector<std::unique_ptr<io::LockedTextFile>> files_;
};

/// Writes documents and counts for the summary.
struct Writer {
    const Options& options;
    io::TextFile& topics;
    tools::Progress& progress;
    tools::Synthesizer synthesizer{static_cast<std::uint64_t>(options.seed), options.mean_terms};
    tools::SyntheticDocument document{};
    std::int64_t nonzeros = 0;
    std::int64_t done = 0;

    /// Documents first .. last - 1 of `part`.
    void write(tools::Part part, std::int64_t first, std::int64_t last, io::TextFile& vectors) {
        for (std::int64_t ordinal = first; ordinal < last; ++ordinal) {
            synthesizer.generate(part, ordinal, document);
            const auto id = tools::document_id(part, ordinal, options.train_documents);
            append_vector_line(vectors.text(), id, document);
            append_topic_lines(topics.text(), id, document);
            vectors.flush_if_full();
            topics.flush_if_full();
            nonzeros += std::ssize(document.entries);
            if (ordinal % 1024 == 0) {
                progress.show(done, options.train_documents + options.test_documents);
            }
            ++done;
        }
    }
};

void check_count(const std::string& name, std::int64_t value, std::int64_t least) {
    if (value >= least && value <= kMaxDocuments) return;
    throw Error(ExitCode::usage, name + " must be from " + std::to_string(least) + " to " +
                                     std::to_string(kMaxDocuments) + " (see --help)");
}

void check(const Options& options) {
    check_count("--train-documents", options.train_documents, 1);
    check_count("--test-documents", options.test_documents, 0);
    if (options.seed < 0) throw Error(ExitCode::usage, "--seed must not be negative");
    if (!(options.mean_terms >= kLeastMeanTerms && options.mean_terms <= kMostMeanTerms)) {
        throw Error(ExitCode::usage, "--mean-terms must be from 5 to 250");
    }
}

/// The names of the collection's files: topics, train, then those of the test documents.
std::vector<std::string> file_names(const fs::path& dir) {
    std::vector<std::string> names{(dir / "rcv1-v2.topics.qrels").string(),
                                   (dir / "lyrl2004_vectors_train.dat").string()};
    for (std::int64_t k = 0; k < kTestFiles; ++k) {
        const std::string name = "lyrl2004_vectors_test_pt" + std::to_string(k) + ".dat";
        names.push_back((dir / name).string());
    }
    return names;
}

void check_files(const std::vector<std::string>& names, bool force) {
    io::FilePlan plan;
    io::FileKind kind = io::FileKind::topics;
    for (const std::string& name : names) {
        plan.add(io::FileUse::output, kind, "--output-dir", name);
        kind = io::FileKind::vectors;
    }
    plan.check(force);
}

void synthesize(const Options& options, bool force) {
    check(options);
    const std::vector<std::string> names = file_names(options.output_dir);
    check_files(names, force);
    std::error_code error;
    fs::create_directories(options.output_dir, error);
    if (error) throw Error(ExitCode::cannot_create, options.output_dir + ": " + error.message());

    FileSet files;  // opens all files at the start, so errors show early
    std::vector<io::TextFile*> opened;
    for (const std::string& name : names) opened.push_back(&files.add(name));
    io::TextFile& topics = *opened[0];
    io::TextFile& train = *opened[1];
    const std::vector<io::TextFile*> tests(opened.begin() + 2, opened.end());

    tools::Progress progress("synthesising", options.quiet);
    Writer writer{options, topics, progress};
    writer.write(tools::Part::train, 0, options.train_documents, train);
    for (std::int64_t k = 0, first = 0; auto* test : tests) {
        const std::int64_t last = options.test_documents * ++k / kTestFiles;
        writer.write(tools::Part::test, std::exchange(first, last), last, *test);
    }
    files.commit();
    progress.end();
    if (options.quiet) return;
    std::cout << options.train_documents << " train and " << options.test_documents
              << " test documents, " << writer.nonzeros << " entries, seed " << options.seed << ": "
              << hogwild::data::printable(options.output_dir) << '\n';
}

po::options_description describe(Options& options) {
    po::options_description description("Options");
    const auto add = [&](const char* name, const po::value_semantic* value, const char* help) {
        description.add_options()(name, value, help);
    };
    const auto count = [](std::int64_t& value) {
        return po::value(&value)->default_value(value)->value_name("N");
    };
    add("output-dir",
        hogwild::file_value(options.output_dir, io::FileUse::folder, io::FileKind::vectors)
            ->required()
            ->value_name("DIR"),
        "where the six files go; created if missing, files of these names are replaced");
    add("train-documents", count(options.train_documents), "documents in the train file");
    add("test-documents", count(options.test_documents), "documents in all test files together");
    add("seed", count(options.seed), "the same seed gives the same documents");
    add("mean-terms",
        po::value(&options.mean_terms)->default_value(options.mean_terms, "75.7")->value_name("M"),
        "different terms in a document, on average: fewer make sparser data");
    add("quiet", po::bool_switch(&options.quiet), "say nothing but errors");
    return description;
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    return tools::tool_main(
        argc, argv,
        {.name = "rcv1_synthesize",
         .summary = "Writes text files in the shape of RCV1-v2, made up from a seed.",
         .usage = "--output-dir DIR [options]",
         .common = {},
         .examples = {"rcv1_synthesize --output-dir text",
                      "rcv1_synthesize --output-dir text --train-documents 5000 --seed 2"},
         .notes = {},
         .options = describe(options)},
        [&](const po::variables_map& values) { synthesize(options, values["force"].as<bool>()); });
}
