#pragma once
#include <cstddef>
#include <optional>
#include <string>

#include "app/train/checkpoint_rules.hpp"
#include "io/checkpoint_file.hpp"

namespace hogwild::app {

/// A run's checkpoint file and the one before it, and which of them may give way to what: files of
/// other kinds never, and a checkpoint only to one of the same training that is as far along. Used
/// by rank 0.
class CheckpointStore {
public:
    /// @param training   of this run, see Standing. @param shape  of its weights.
    CheckpointStore(std::string path, std::string training, model::WeightShape shape);

    /// Looks at what is there; with `resume`, takes the newest that is right. It may be of another
    /// training: that is for the caller to judge. In the place of one that is damaged or missing
    /// comes a copy of the one before.
    /// @param force  what is not right may be replaced.
    /// @return nothing: the run starts anew.
    /// @throws Error: cannot_create when there is what must not be replaced, bad_data when there is
    ///         nothing right to resume from.
    std::optional<io::Checkpoint> open(bool resume, bool force = false);
    /// For people: what open() has found; empty: nothing to say.
    const std::string& note() const noexcept { return note_; }
    /// The file that open() gave.
    const std::string& opened() const noexcept { return opened_; }

    /// @throws Error: io; bad_data when it could not be resumed from. The old files are then as
    ///         they were.
    void save(const io::Checkpoint& checkpoint);

private:
    struct File {
        std::string path;
        io::Found found = io::Found::nothing;
        std::optional<io::Checkpoint> checkpoint;  ///< if it is right
        std::string wrong;                         ///< else why not
    };
    File look(const std::string& path) const;
    static void refuse_to_replace(const File& file, bool resume);
    void start_anew();

    io::CheckpointFile file_;
    std::string training_;
    model::WeightShape shape_;
    std::optional<Standing> current_;  ///< of the files, if they are right
    std::optional<Standing> previous_;
    std::string note_;
    std::string opened_;
};

}  // namespace hogwild::app
