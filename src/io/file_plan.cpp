#include "io/file_plan.hpp"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

#include "data/error.hpp"
#include "io/checkpoint_file.hpp"
#include "io/file_place.hpp"
#include "io/shard_names.hpp"

namespace hogwild::io {
namespace {

namespace fs = std::filesystem;

/// Kinds that are written as a stream, so that they can go to the standard output.
bool is_stream_text(FileKind kind) {
    switch (kind) {
        case FileKind::run_log:
        case FileKind::table:
        case FileKind::settings:
        case FileKind::figures:
        case FileKind::scores:
        case FileKind::category_figures:
        case FileKind::category_settings:
        case FileKind::class_confusion:
        case FileKind::weights:
        case FileKind::svmlight:
            return true;
        default:
            return false;
    }
}

fs::path canonical(const std::string& path) {
    std::error_code error;
    fs::path result = fs::canonical(path, error);
    return error ? fs::path() : result;
}

/// Whether a file of this name may be the copy of a dataset's file in a folder of copies:
/// train.h5 is copied to train.0123….h5.
bool is_copy_name(const fs::path& original, const fs::path& name) {
    const std::string head = original.stem().string() + ".";
    const std::string tail = original.extension().string();
    const std::string file = name.filename().string();
    if (file.size() <= head.size() + tail.size() || !file.starts_with(head) ||
        !file.ends_with(tail)) {
        return false;
    }
    const auto identity =
        std::string_view(file).substr(head.size(), file.size() - head.size() - tail.size());
    return std::ranges::all_of(identity, [](unsigned char c) { return std::isxdigit(c) != 0; });
}

/// What "-" stands for in place of a file; empty: a file of that name.
std::optional<int> dash_stream(FileUse use, FileKind kind) {
    if (use == FileUse::output && is_stream_text(kind)) return STDOUT_FILENO;
    const bool text_input =
        kind == FileKind::svmlight || kind == FileKind::vectors || kind == FileKind::topics;
    return use == FileUse::input && text_input ? std::optional(STDIN_FILENO) : std::nullopt;
}

}  // namespace

/// A file that an entry stands for.
struct FilePlan::Located {
    const Entry* entry;
    std::string file;
    FilePlace place;

    bool is_input() const { return entry->use == FileUse::input; }
};

void FilePlan::add(FileUse use, FileKind kind, std::string option, std::string name) {
    entries_.push_back({use, kind, std::move(option), std::move(name)});
}

void FilePlan::add(const FilePlan& other) {
    std::ranges::copy(other.entries_, std::back_inserter(entries_));
}

void FilePlan::resume(FileKind kind) {
    for (Entry& entry : entries_) {
        if (entry.kind == kind && entry.use == FileUse::output) entry.resumed = true;
    }
}

std::vector<std::string> FilePlan::files_of(const Entry& entry) {
    std::vector<std::string> files{entry.name};
    if (entry.kind == FileKind::dataset && entry.use != FileUse::folder) {
        std::ranges::copy(shard_files(entry.name), std::back_inserter(files));
    }
    if (entry.kind == FileKind::checkpoint && entry.use == FileUse::output) {
        files.push_back(CheckpointFile::previous_path(entry.name));
    }
    return files;
}

std::vector<FilePlan::Located> FilePlan::locate() const {
    std::vector<Located> all;
    for (const Entry& entry : entries_) {
        const std::optional<int> dash = dash_stream(entry.use, entry.kind);
        for (const std::string& file : files_of(entry)) {
            all.push_back({&entry, file, place_of(file, dash)});
        }
    }
    return all;
}

std::string FilePlan::shown(const Located& file) {
    const std::string given = file.entry->option + " " + file.entry->name;
    return file.file == file.entry->name ? given : given + " (" + file.file + ")";
}

void FilePlan::check_pair(const Located& a, const Located& b) {
    if ((a.is_input() && b.is_input()) || !a.place.same_as(b.place)) return;
    // Files of one option replace each other, so two names may be one inode. But no link may lead
    // from one name to the other.
    if (a.entry == b.entry && canonical(a.file) != canonical(b.file)) return;
    const bool joined = a.entry->kind == FileKind::state && b.entry->kind == FileKind::state;
    if (joined && (a.is_input() || b.is_input())) return;  // lines are only ever added
    if (a.is_input() || b.is_input()) {
        throw Error(ExitCode::usage, shown(a.is_input() ? b : a) + " is an input, " +
                                         shown(a.is_input() ? a : b) + "; name another output");
    }
    throw Error(ExitCode::usage,
                shown(a) + " and " + shown(b) + " are the same file; name another");
}

void FilePlan::check_staged(const Located& folder, const std::vector<Located>& files) {
    for (const Located& output : files) {
        if (output.is_input() || output.entry == folder.entry) continue;
        const fs::path parent = fs::path(output.file).parent_path();
        const bool inside = place_of(parent.empty() ? "." : parent.string()).same_as(folder.place);
        if (!inside) continue;
        for (const Located& input : files) {
            if (!input.is_input() || input.entry->kind != FileKind::dataset) continue;
            if (!is_copy_name(input.file, output.file)) continue;
            throw Error(ExitCode::usage, shown(output) + " has a name that " + shown(folder) +
                                             " keeps for a copy of " + shown(input) +
                                             "; name another output");
        }
    }
}

void FilePlan::check_foreign(const Located& file) {
    if (file.place.stream) return;
    const Entry& entry = *file.entry;
    const FileKind kind = file_kind(file.file);
    // If there is no checkpoint to resume from, the previous one is read, not replaced.
    if (entry.resumed && file.file != entry.name && file_kind(entry.name) != entry.kind) return;
    if (kind == entry.kind || kind == FileKind::none || kind == FileKind::special) return;
    const bool may_be_ours = kind == FileKind::damaged_hdf5 || kind == FileKind::other_bytes ||
                             (kind == FileKind::other_text && entry.kind == FileKind::run_log);
    if (entry.resumed && may_be_ours) return;
    throw Error(ExitCode::cannot_create, file.file + ": exists and is not " + describe(entry.kind) +
                                             " but " + describe(kind) +
                                             "; name another file, remove it, or use --force");
}

void FilePlan::check(bool force) const {
    const std::vector<Located> files = locate();
    std::map<std::string, std::vector<const Located*>>
        seen;  // shards may be many: no loop of pairs
    for (const Located& file : files) {
        for (const std::string& key : file.place.keys()) {
            for (const Located* other : seen[key]) check_pair(*other, file);
            seen[key].push_back(&file);
        }
    }
    for (const Located& file : files) {
        if (file.entry->use == FileUse::folder) check_staged(file, files);
    }
    for (const Located& file : files) {
        if (!force && file.entry->use == FileUse::output) check_foreign(file);
    }
}

}  // namespace hogwild::io
