#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "data/state.hpp"

namespace hogwild::io {

/// The state of a training run (schema `hogwild.checkpoint`, docs/formats.md). This folder does not
/// interpret the arrays.
struct Checkpoint {
    /// Settings that must be the same on resuming, and information for people: name, value. Single
    /// lines without control characters.
    std::vector<std::pair<std::string, std::string>> identity;
    std::vector<std::string> dataset_digests;
    std::string options;             ///< effective options, INI text
    data::State state;               ///< of the run, the same on all ranks
    data::State vectors;             ///< whole vectors, of which each rank holds a block
    std::vector<data::State> ranks;  ///< of each rank alone

    bool has_identity(const std::string& name) const;
    /// Empty when there is no such fact.
    std::string identity_of(const std::string& name) const;
    bool operator==(const Checkpoint&) const = default;
};

/// A checkpoint's file and the one before it, `NAME.prev.h5` beside `NAME.h5`. One of them is
/// complete at any moment, even if the process is killed while saving.
class CheckpointFile {
public:
    /// Checks that it can be written. @throws Error: cannot_create.
    explicit CheckpointFile(std::string path);

    /// Temporary file, close, read back and compare, fsync; rename, fsync of the folder.
    /// @param keep  the existing file becomes the previous one; else it is replaced.
    /// @throws Error: io; the old files are then as they were.
    void save(const Checkpoint& checkpoint, bool keep);

    const std::string& path() const noexcept { return path_; }
    /// `run.h5` has `run.prev.h5`.
    static std::string previous_path(const std::string& path);

private:
    std::string path_;
};

/// What a file with a checkpoint's name is.
enum class Found {
    nothing,
    checkpoint,  ///< or what read_checkpoint() says is wrong with one
    damaged,     ///< cannot be opened; may have been a checkpoint
    foreign      ///< a file of another kind: not ours to replace
};
/// @throws Error: resource.
Found look_for_checkpoint(const std::string& path);

/// Reads and checks all that can be checked without knowing what the arrays mean: names, types, and
/// lengths against the size of the file before anything is allocated.
/// @throws Error: no_input, bad_data.
Checkpoint read_checkpoint(const std::string& path);

/// Whether a text can be a fact's value.
bool is_one_line(std::string_view text);

}  // namespace hogwild::io
