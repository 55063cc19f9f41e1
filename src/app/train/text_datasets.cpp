#include "app/train/text_datasets.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>

#include "app/common/last_words.hpp"
#include "app/common/run_collectively.hpp"
#include "app/common/text_table.hpp"
#include "convert/svmlight_conversion.hpp"
#include "data/cbor.hpp"
#include "data/error.hpp"
#include "data/label_name.hpp"
#include "data/stopwatch.hpp"
#include "data/svmlight.hpp"
#include "io/dataset.hpp"
#include "io/decompressor.hpp"
#include "io/descriptor.hpp"
#include "io/file_kind.hpp"
#include "io/model_file.hpp"
#include "io/own_files.hpp"
#include "mpi/collectives.hpp"

namespace hogwild::app {
namespace {

namespace fs = std::filesystem;

/// A regular file of text, which may be compressed. Pipes are not read: training may need to start
/// anew.
bool is_text(const std::string& path) {
    const io::FileKind kind = io::file_kind(path);
    if (kind == io::FileKind::svmlight || kind == io::FileKind::other_text) return true;
    if (kind != io::FileKind::other_bytes) return false;
    char head[8] = {};
    std::ifstream file(path, std::ios::binary);
    file.read(head, sizeof head);
    return io::make_decompressor({head, static_cast<std::size_t>(file.gcount())}) != nullptr;
}

/// A new name, in the folder for temporary files.
std::string temporary_name(const std::string& text) {
    const char* const folder = std::getenv("TMPDIR");
    const std::string file = fs::path(text).filename().string();
    const std::string random = io::random_temporary_path(file);
    const std::string name = file + random.substr(random.rfind('.')) + ".h5";
    return (fs::path(folder != nullptr && *folder != '\0' ? folder : "/tmp") / name).string();
}

}  // namespace

TemporaryDataset::TemporaryDataset(std::string path) : path_(std::move(path)) {
    const io::Descriptor file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
    if (file) leftover_ = io::Leftover(path_, file.fd());
}

TemporaryDataset::~TemporaryDataset() {
    if (path_.empty()) return;  // moved from
    const io::StopSignalHold hold;
    ::unlink(path_.c_str());
    leftover_.forget();
}

void TextDatasets::convert(std::vector<std::string>& names, const std::string& initial_model) {
    run_collectively_idly(comms_.world(), [&] {
        if (comms_.rank() != 0) return;
        if (!initial_model.empty()) learn_from_model(initial_model);
        for (std::size_t k = 0; k < names.size(); ++k) {
            if (!is_text(names[k])) continue;
            const bool is_test = k > 0;
            if (is_test) learn_from_dataset(names.front());
            names[k] = convert_text(names[k], is_test);
        }
    });
    const std::string all = mpi::broadcast(comms_.world(), 0, data::cbor_of(names));
    data::for_each_cbor(all, [&](const nlohmann::json& message) {
        names = message.get<std::vector<std::string>>();
    });
}

/// Errors of a dataset, or a model, are told where it is opened.
void TextDatasets::learn_from_dataset(const std::string& path) {
    try {
        io::Dataset first(path);
        const io::DatasetHeader& header = first.header();
        learn(header.feature_id_base, header.positive_label, header.topics,
              {first.idf(), first.normalization()});
    } catch (const Error&) {
    }
}

void TextDatasets::learn_from_model(const std::string& path) {
    try {
        const io::Model model = io::read_model(path);
        learn(model.feature_id_base, model.positive_label, model.classes, model.preprocessing());
    } catch (const Error&) {
    }
}

/// What texts must agree with.
void TextDatasets::learn(std::int64_t feature_id_base, const std::string& positive_label,
                         const std::vector<std::string>& classes,
                         data::Preprocessing preprocessing) {
    feature_id_base_ = feature_id_base;
    if (!positive_label.empty()) positive_ = data::label_number(positive_label);
    classes_ = classes;
    if (!std::ranges::all_of(classes_, data::is_svmlight_label)) classes_.clear();  // words
    preprocessing_ = std::move(preprocessing);
}

std::string TextDatasets::convert_text(const std::string& path, bool is_test) {
    if (comms_.nodes() > 1) {
        throw Error(ExitCode::usage, path +
                                         ": a text is read on one node only; convert it with "
                                         "svmlight_to_hdf5 --input " +
                                         path + " --output NAME.h5");
    }
    const data::Stopwatch watch;
    tools::SvmlightConversion conversion;
    conversion.inputs = {path};
    conversion.output.output = temporary_name(path);
    conversion.output.quiet = true;
    conversion.output.preprocessing = preprocessing_;
    conversion.labels.positive = positive_;
    conversion.labels.positive_may_be_missing = true;
    conversion.labels.classes = classes_;
    conversion.labels.skip_unlabelled = is_test && !classes_.empty();
    conversion.first_id = tools::FirstId::automatic;
    if (feature_id_base_) {
        conversion.first_id = *feature_id_base_ == 0 ? tools::FirstId::zero : tools::FirstId::one;
    }
    const std::vector<std::string> notes = tools::convert_svmlight(conversion);
    made_.emplace_back(conversion.output.output);
    if (!quiet_) {
        for (const std::string& note : notes) say(path + ": " + note);
        say(path + " is text, converted for this run in " + fixed_text(watch.seconds(), 2) +
            " s; for more runs convert it once: svmlight_to_hdf5 --input " + path +
            " --output NAME.h5");
    }
    return conversion.output.output;
}

}  // namespace hogwild::app
