#include "io/checkpoint_file.hpp"

#include <hdf5.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <span>

#include "data/error.hpp"
#include "data/version.hpp"
#include "io/hdf5.hpp"
#include "io/hdf5_library.hpp"
#include "io/output_path.hpp"
#include "io/pending_file.hpp"
#include "io/system_error.hpp"

namespace hogwild::io {
namespace {

constexpr const char* kSchema = "hogwild.checkpoint";
constexpr std::int64_t kVersion = 3;
constexpr const char* kFactPrefix = "fact_";
constexpr std::size_t kMostNames = 64;        // arrays of a state, entries of the identity
constexpr std::size_t kLongestName = 64;      // bytes
constexpr std::size_t kLongestFact = 4096;    // bytes
constexpr std::int64_t kMostRanks = 1 << 20;  // more than any machine has
constexpr double kNoArray = -1.0;             // in place of a length

[[noreturn]] void bad(const std::string& what) { throw Error(ExitCode::bad_data, what); }

// --- names

void write_names(const h5::Handle& object, const std::string& attribute,
                 const std::vector<std::string>& names) {
    if (!names.empty()) h5::write_attribute(object, attribute, names);
}

bool is_name(const std::string& name) {
    return !name.empty() && name.size() <= kLongestName && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    });
}

/// Checks that each name occurs once and that none is a link.
std::vector<std::string> read_names(const h5::Handle& object, const std::string& attribute) {
    if (!h5::has_attribute(object, attribute)) return {};
    std::vector<std::string> names = h5::read_strings(object, attribute);
    const std::set<std::string> once(names.begin(), names.end());
    if (names.size() > kMostNames || once.size() != names.size() ||
        !std::ranges::all_of(names, is_name)) {
        bad(object.what() + ": attribute " + attribute + " is not a list of names");
    }
    return names;
}

// --- states

/// Bytes of values that a file can still hold; larger claims are refused.
class Budget {
public:
    explicit Budget(const std::string& path) : left_(std::filesystem::file_size(path)) {}
    /// @throws Error: bad_data.
    void take(const h5::ReadDataset& dataset) {
        const auto length = static_cast<std::uint64_t>(dataset.length());
        const h5::Handle type(H5Dget_type(dataset.handle().id()), H5Tclose, ExitCode::bad_data,
                              dataset.handle().what());
        const std::size_t width = H5Tget_size(type.id());
        const std::uint64_t stored =
            std::min<std::uint64_t>(left_, H5Dget_storage_size(dataset.handle().id()));
        if (length > 0 && (width == 0 || length > stored / width)) {
            bad(dataset.handle().what() + " claims more numbers than the file holds");
        }
        left_ -= length * width;
    }

private:
    std::uint64_t left_;
};

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

data::State read_state(const h5::Handle& parent, const std::string& name, Budget& budget) {
    data::State state;
    const h5::Handle group = h5::open_group(parent, name);
    for (const std::string& array : read_names(group, "arrays")) {
        const h5::ReadDataset dataset(group, array, h5::ReadDataset::Kind::real);
        budget.take(dataset);
        std::vector<double> values(static_cast<std::size_t>(dataset.length()));
        dataset.read(0, std::span<double>(values));
        state.put(array, std::span<const double>(values));
    }
    return state;
}

// --- ranks: few numbers each, so the values of one name are concatenated in rank order

struct Joined {
    data::State values;
    data::State lengths;  ///< of every rank's part; kNoArray where it has none
};

Joined join(const std::vector<data::State>& ranks) {
    std::set<std::string> names;
    for (const data::State& rank : ranks) {
        for (const auto& [name, values] : rank.arrays()) names.insert(name);
    }
    Joined joined;
    for (const std::string& name : names) {
        std::vector<double> all;
        std::vector<double> lengths;
        for (const data::State& rank : ranks) {
            lengths.push_back(kNoArray);
            if (!rank.has(name)) continue;
            const std::vector<double>& values = rank.array(name);
            all.insert(all.end(), values.begin(), values.end());
            lengths.back() = static_cast<double>(values.size());
        }
        joined.values.put(name, std::span<const double>(all));
        joined.lengths.put(name, std::span<const double>(lengths));
    }
    return joined;
}

std::vector<data::State> split(const Joined& joined, std::size_t ranks) {
    std::vector<data::State> parts(ranks);
    for (const auto& [name, all] : joined.values.arrays()) {
        joined.lengths.check_length(name, ranks);
        std::span<const double> left(all);
        for (std::size_t r = 0; r < ranks; ++r) {
            const double length = joined.lengths.array(name)[r];
            if (length == kNoArray) continue;
            if (!(length >= 0.0 && length <= static_cast<double>(left.size())) ||
                length != std::floor(length)) {
                bad("the ranks' '" + name + "' have lengths that cannot be");
            }
            const auto count = static_cast<std::size_t>(length);
            parts[r].put(name, left.first(count));
            left = left.subspan(count);
        }
        if (!left.empty()) bad("the ranks' '" + name + "' have more numbers than they say");
    }
    return parts;
}

// --- files

void write(const std::string& path, const Checkpoint& c) {
    h5::Handle file = h5::create_file(path);
    write_state(file, "state", c.state);
    write_state(file, "vectors", c.vectors);
    h5::Handle ranks = h5::create_group(file, "ranks");
    const Joined joined = join(c.ranks);
    write_state(ranks, "values", joined.values);
    write_state(ranks, "lengths", joined.lengths);
    ranks.close();
    h5::write_attribute(file, "schema", kSchema);
    h5::write_attribute(file, "version", kVersion);
    h5::write_attribute(file, "program", data::program_version());
    h5::write_attribute(file, "ranks", static_cast<std::int64_t>(c.ranks.size()));
    h5::write_attribute(file, "options", c.options);
    write_names(file, "dataset_digests", c.dataset_digests);
    std::vector<std::string> names;
    for (const auto& [name, value] : c.identity) {
        names.push_back(name);
        h5::write_attribute(file, kFactPrefix + name, value);
    }
    write_names(file, "identity", names);
    h5::write_attribute(file, "complete", std::int64_t{1});
    file.close();
}

std::vector<data::State> read_ranks(const h5::Handle& file, Budget& budget) {
    const std::int64_t count = h5::read_integer(file, "ranks");
    if (count < 1 || count > kMostRanks) bad(file.what() + ": is of an impossible number of ranks");
    const h5::Handle ranks = h5::open_group(file, "ranks");
    const Joined joined{read_state(ranks, "values", budget), read_state(ranks, "lengths", budget)};
    return split(joined, static_cast<std::size_t>(count));
}

std::vector<std::pair<std::string, std::string>> read_identity(const h5::Handle& file) {
    std::vector<std::pair<std::string, std::string>> identity;
    for (const std::string& name : read_names(file, "identity")) {
        std::string value = h5::read_string(file, kFactPrefix + name);
        if (!is_one_line(value)) {
            bad(file.what() + ": attribute " + kFactPrefix + name + " is not one line of text");
        }
        identity.emplace_back(name, std::move(value));
    }
    return identity;
}

Checkpoint read_open(const h5::Handle& file, const std::string& path) {
    if (!h5::has_attribute(file, "schema") || h5::read_string(file, "schema") != kSchema) {
        bad(path + ": is not a hogwild checkpoint");
    }
    if (const std::int64_t version = h5::read_integer(file, "version"); version != kVersion) {
        bad(path + ": checkpoint version " + std::to_string(version) +
            "; this program reads version " + std::to_string(kVersion));
    }
    if (!h5::has_attribute(file, "complete")) bad(path + ": was never completed");
    Budget budget(path);
    Checkpoint c;
    c.state = read_state(file, "state", budget);
    c.vectors = read_state(file, "vectors", budget);
    c.ranks = read_ranks(file, budget);
    c.options = h5::read_string(file, "options");
    if (h5::has_attribute(file, "dataset_digests")) {
        c.dataset_digests = h5::read_strings(file, "dataset_digests");
    }
    c.identity = read_identity(file);
    return c;
}

/// How many bytes of HDF5's signature a file has; a file with a few damaged bytes still has most.
std::size_t signature_bytes(const std::string& path) {
    constexpr std::array<char, 8> kSignature{'\x89', 'H', 'D', 'F', '\r', '\n', '\x1a', '\n'};
    std::array<char, 8> begin{};
    std::ifstream file(path, std::ios::binary);
    if (!file && code_of(errno, ExitCode::no_input) == ExitCode::resource) {
        fail_for(path, errno, ExitCode::no_input);
    }
    file.read(begin.data(), begin.size());
    std::size_t same = 0;
    for (std::size_t k = 0; k < begin.size(); ++k) {
        if (begin[k] == kSignature[k]) ++same;
    }
    return same;
}

/// The result of `read`; empty if the file is damaged. @throws Error: resource, which is not the
/// file's fault.
template <class Read>
auto if_readable(Read&& read) -> std::optional<decltype(read())> {
    try {
        return read();
    } catch (const Error& error) {
        if (error.code() == ExitCode::resource) throw;
        return std::nullopt;
    }
}

bool is_checkpoint(const std::string& path) {
    std::error_code error;
    return std::filesystem::is_regular_file(path, error) &&
           if_readable([&] { return schema_of(path); }) == kSchema;
}

bool is_built_like_one(const std::string& path) {
    const h5::Handle file = h5::open_file(path);
    return h5::has_link(file, "state") && h5::has_link(file, "ranks");
}

/// `run.prev.h5` of `run.h5`, and the other way round.
std::string other_path(const std::string& path) {
    const std::filesystem::path p(path);
    const std::filesystem::path stem = p.stem();
    if (stem.extension() != ".prev") return CheckpointFile::previous_path(path);
    return (p.parent_path() / stem.stem()).string() + p.extension().string();
}

}  // namespace

bool Checkpoint::has_identity(const std::string& name) const {
    return std::ranges::find(identity, name, &std::pair<std::string, std::string>::first) !=
           identity.end();
}

std::string Checkpoint::identity_of(const std::string& name) const {
    const auto found =
        std::ranges::find(identity, name, &std::pair<std::string, std::string>::first);
    return found == identity.end() ? std::string() : found->second;
}

bool is_one_line(std::string_view text) {
    return text.size() <= kLongestFact && std::ranges::none_of(text, [](char c) {
               return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
           });
}

Found look_for_checkpoint(const std::string& path) {
    std::error_code error;
    if (!std::filesystem::exists(path, error)) return Found::nothing;
    if (!std::filesystem::is_regular_file(path, error)) return Found::foreign;
    const std::uintmax_t length = std::filesystem::file_size(path, error);
    if (signature_bytes(path) < std::min<std::uintmax_t>(4, length)) return Found::foreign;
    const std::optional<std::string> schema = if_readable([&] { return schema_of(path); });
    if (!schema) return Found::damaged;
    if (schema == kSchema) return Found::checkpoint;
    if (schema == "hogwild.dataset" || schema == "hogwild.model") return Found::foreign;
    // A file with a checkpoint's structure, or beside a checkpoint, has lost its schema: bytes of
    // it are wrong.
    const bool was_one = if_readable([&] { return is_built_like_one(path); }).value_or(true) ||
                         is_checkpoint(other_path(path));
    return was_one ? Found::damaged : Found::foreign;
}

Checkpoint read_checkpoint(const std::string& path) {
    const h5::Handle file = h5::open_file(path);
    try {
        return read_open(file, path);
    } catch (const Error& error) {
        const std::string what = error.what();
        if (what.starts_with(path)) throw;
        throw Error(error.code(), path + ": " + what);
    }
}

CheckpointFile::CheckpointFile(std::string path) : path_(std::move(path)) {
    const PendingFile probe(path_);
}

std::string CheckpointFile::previous_path(const std::string& path) {
    const std::filesystem::path p(resolve_output(path).path);  // beside the file itself
    return (p.parent_path() / (p.stem().string() + ".prev" + p.extension().string())).string();
}

void CheckpointFile::save(const Checkpoint& checkpoint, bool keep) {
    PendingFile pending(path_);
    write(pending.temporary_path(), checkpoint);
    // A full disk may show only here, so the file is read back and compared.
    if (!(read_checkpoint(pending.temporary_path()) == checkpoint)) {
        throw Error(ExitCode::io, path_ + ": what was written does not read back");
    }
    pending.commit(keep ? previous_path(path_) : std::string());
}

}  // namespace hogwild::io
