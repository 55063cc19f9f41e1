#pragma once
#include <cstddef>
#include <optional>
#include <string>

#include "app/train/checkpoint_rules.hpp"
#include "io/checkpoint_file.hpp"

namespace hogwild::app {

/// The checkpoint file of a run and the previous one, with the rules for replacing them: files of
/// other kinds are never replaced, and a checkpoint only by one of the same training with at least
/// the same progress. Used on rank 0.
class CheckpointStore {
public:
    /// @param training  of this run, see Standing. @param shape  see check_checkpoint().
    CheckpointStore(std::string path, std::string training, model::WeightShape shape);

    /// Reads the files that exist; with `resume`, returns the newest valid checkpoint. The caller
    /// must check that it belongs to this training. A damaged or missing file is replaced by a copy
    /// of the previous one.
    /// @param force  invalid files may be replaced.
    /// @return empty: the run starts anew.
    /// @throws Error: cannot_create if a file must not be replaced, bad_data if there is no valid
    ///         checkpoint to resume from.
    std::optional<io::Checkpoint> open(bool resume, bool force = false);
    /// A message for the user about the result of open(); empty: none.
    const std::string& note() const noexcept { return note_; }
    /// The file that open() returned.
    const std::string& opened() const noexcept { return opened_; }

    /// Writes a checkpoint.
    /// @throws Error: io; bad_data if it is not valid. The old files are unchanged then.
    void save(const io::Checkpoint& checkpoint);

private:
    struct File {
        std::string path;
        io::Found found = io::Found::nothing;
        std::optional<io::Checkpoint> checkpoint;  ///< if it is valid
        std::string wrong;                         ///< else the reason
    };
    File look(const std::string& path) const;
    static void refuse_to_replace(const File& file, bool resume);
    void start_anew();

    io::CheckpointFile file_;
    std::string training_;
    model::WeightShape shape_;
    std::optional<Standing> current_;  ///< of the files, if they are valid
    std::optional<Standing> previous_;
    std::string note_;
    std::string opened_;
};

}  // namespace hogwild::app
