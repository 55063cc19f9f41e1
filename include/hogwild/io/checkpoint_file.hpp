#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "hogwild/data/state.hpp"

namespace hogwild::io {

/// A training run as it stood (schema `hogwild.checkpoint`, README "Checkpoint file"). What is in
/// the states is nobody's business here.
struct Checkpoint {
    /// What must be the same when the run goes on, and what is worth knowing: name, value.
    std::vector<std::pair<std::string, std::string>> facts;
    std::vector<std::string> dataset_digests;
    std::string options;             ///< effective options, INI text
    data::State state;               ///< of the run
    std::vector<data::State> ranks;  ///< of each rank

    /// Empty when there is no such fact.
    std::string fact(const std::string& name) const;
    bool operator==(const Checkpoint&) const = default;
};

/// A checkpoint's file and the one before it, `NAME.prev.h5` beside `NAME.h5`. At any moment, also
/// when the process is killed in the middle of saving, one of them is whole.
class CheckpointFile {
public:
    /// Finds out that it can be written. @throws Error: cannot_create.
    explicit CheckpointFile(std::string path);

    /// Temporary file, close, read back and compare, fsync; what is there becomes the previous one;
    /// rename, fsync of the folder. @throws Error: io; the old files are then as they were.
    void save(const Checkpoint& checkpoint);

    /// The newest that is whole.
    struct Loaded {
        Checkpoint checkpoint;
        std::string path;
        std::string skipped;  ///< why a newer one was not taken; empty: there was none
    };
    /// @return false when neither file exists. @throws Error: bad_data when none is whole.
    bool load(Loaded& out);

    /// `run.h5` has `run.prev.h5`.
    static std::string previous_path(const std::string& path);

private:
    std::string path_;
    bool current_is_whole_ = false;  ///< else it must not replace the previous one
};

/// @throws Error: no_input, bad_data.
Checkpoint read_checkpoint(const std::string& path);

}  // namespace hogwild::io
