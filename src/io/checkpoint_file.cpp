#include "hogwild/io/checkpoint_file.hpp"

#include <algorithm>
#include <filesystem>
#include <span>

#include "hogwild/data/error.hpp"
#include "hogwild/data/version.hpp"
#include "hogwild/io/hdf5.hpp"
#include "hogwild/io/output_path.hpp"
#include "hogwild/io/pending_file.hpp"

namespace hogwild::io {
namespace {

constexpr const char* kSchema = "hogwild.checkpoint";
constexpr std::int64_t kVersion = 1;
constexpr const char* kFactPrefix = "fact_";

void write_names(const h5::Handle& object, const std::string& attribute,
                 const std::vector<std::string>& names) {
    if (!names.empty()) h5::write_attribute(object, attribute, names);
}

std::vector<std::string> read_names(const h5::Handle& object, const std::string& attribute) {
    if (!h5::has_attribute(object, attribute)) return {};
    return h5::read_strings(object, attribute);
}

void write_state(const h5::Handle& parent, const std::string& name, const data::State& state) {
    h5::Handle group = h5::create_group(parent, name);
    std::vector<std::string> names;
    for (const auto& [array, values] : state.arrays()) {
        const auto chunk = std::clamp<std::int64_t>(std::ssize(values), 1, 1 << 16);
        h5::GrowingDataset dataset(group, array, h5::ElementType<double>::file_type(), chunk,
                                   false);
        dataset.append(std::span<const double>(values));
        dataset.close();
        names.push_back(array);
    }
    write_names(group, "arrays", names);
    group.close();
}

data::State read_state(const h5::Handle& parent, const std::string& name) {
    data::State state;
    const h5::Handle group = h5::open_group(parent, name);
    for (const std::string& array : read_names(group, "arrays")) {
        const h5::ReadDataset dataset(group, array, h5::ReadDataset::Kind::real);
        std::vector<double> values(static_cast<std::size_t>(dataset.length()));
        dataset.read(0, std::span<double>(values));
        state.put(array, std::span<const double>(values));
    }
    return state;
}

void write(const std::string& path, const Checkpoint& c) {
    h5::Handle file = h5::create_file(path);
    write_state(file, "state", c.state);
    h5::Handle ranks = h5::create_group(file, "ranks");
    for (std::size_t r = 0; r < c.ranks.size(); ++r) {
        write_state(ranks, std::to_string(r), c.ranks[r]);
    }
    ranks.close();
    h5::write_attribute(file, "schema", kSchema);
    h5::write_attribute(file, "version", kVersion);
    h5::write_attribute(file, "program", data::program_version());
    h5::write_attribute(file, "ranks", static_cast<std::int64_t>(c.ranks.size()));
    h5::write_attribute(file, "options", c.options);
    write_names(file, "dataset_digests", c.dataset_digests);
    std::vector<std::string> names;
    for (const auto& [name, value] : c.facts) {
        names.push_back(name);
        h5::write_attribute(file, kFactPrefix + name, value);
    }
    write_names(file, "facts", names);
    h5::write_attribute(file, "complete", std::int64_t{1});
    file.close();
}

}  // namespace

std::string Checkpoint::fact(const std::string& name) const {
    const auto found = std::ranges::find(facts, name, &std::pair<std::string, std::string>::first);
    return found == facts.end() ? std::string() : found->second;
}

Checkpoint read_checkpoint(const std::string& path) {
    const h5::Handle file = h5::open_file(path);
    if (!h5::has_attribute(file, "schema") || h5::read_string(file, "schema") != kSchema) {
        throw Error(ExitCode::bad_data, path + ": is not a hogwild checkpoint");
    }
    if (const std::int64_t version = h5::read_integer(file, "version"); version != kVersion) {
        throw Error(ExitCode::bad_data, path + ": checkpoint version " + std::to_string(version) +
                                            "; this program reads version " +
                                            std::to_string(kVersion));
    }
    if (!h5::has_attribute(file, "complete")) {
        throw Error(ExitCode::bad_data, path + ": was never completed");
    }
    Checkpoint c;
    c.state = read_state(file, "state");
    const h5::Handle ranks = h5::open_group(file, "ranks");
    for (std::int64_t r = 0; r < h5::read_integer(file, "ranks"); ++r) {
        c.ranks.push_back(read_state(ranks, std::to_string(r)));
    }
    c.options = h5::read_string(file, "options");
    c.dataset_digests = read_names(file, "dataset_digests");
    for (const std::string& name : read_names(file, "facts")) {
        c.facts.emplace_back(name, h5::read_string(file, kFactPrefix + name));
    }
    return c;
}

CheckpointFile::CheckpointFile(std::string path) : path_(std::move(path)) {
    const PendingFile probe(path_);
}

std::string CheckpointFile::previous_path(const std::string& path) {
    const std::filesystem::path p(resolve_output(path).path);  // beside the file itself
    return (p.parent_path() / (p.stem().string() + ".prev" + p.extension().string())).string();
}

void CheckpointFile::save(const Checkpoint& checkpoint) {
    PendingFile pending(path_);
    write(pending.temporary_path(), checkpoint);
    // A full disk can pass unnoticed until here; what reads back right is right.
    if (!(read_checkpoint(pending.temporary_path()) == checkpoint)) {
        throw Error(ExitCode::io, path_ + ": what was written does not read back");
    }
    pending.commit(current_is_whole_ ? previous_path(path_) : std::string());
    current_is_whole_ = true;
}

bool CheckpointFile::load(Loaded& out) {
    std::string why;
    for (const std::string& path : {path_, previous_path(path_)}) {
        if (!std::filesystem::exists(path)) continue;
        try {
            out = {read_checkpoint(path), path, why};
            current_is_whole_ = path == path_;
            return true;
        } catch (const Error& error) {
            why += (why.empty() ? "" : "; ") + std::string(error.what());
        }
    }
    if (why.empty()) return false;
    throw Error(ExitCode::bad_data, why + "; no checkpoint is whole: remove it to start anew");
}

}  // namespace hogwild::io
