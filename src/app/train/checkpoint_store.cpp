#include "app/train/checkpoint_store.hpp"

#include <cstdint>
#include <utility>

#include "data/error.hpp"

namespace hogwild::app {
namespace {

std::string documents_text(const Standing& standing) {
    return std::to_string(static_cast<std::int64_t>(standing.documents)) + " documents";
}

}  // namespace

CheckpointStore::CheckpointStore(std::string path, std::string training, model::WeightShape shape)
    : file_(std::move(path)), training_(std::move(training)), shape_(shape) {}

CheckpointStore::File CheckpointStore::look(const std::string& path) const {
    File file{path, io::look_for_checkpoint(path), {}, {}};
    if (file.found == io::Found::foreign) file.wrong = path + ": is not a hogwild checkpoint";
    if (file.found == io::Found::damaged) file.wrong = path + ": is damaged";
    if (file.found != io::Found::checkpoint) return file;
    try {
        io::Checkpoint checkpoint = io::read_checkpoint(path);
        if (standing_of(checkpoint).training == training_) check_checkpoint(checkpoint, shape_);
        file.checkpoint = std::move(checkpoint);
    } catch (const Error& error) {
        if (error.code() == ExitCode::resource) throw;  // no fault of the file
        const std::string what = error.what();
        file.wrong = what.starts_with(path) ? what : path + ": " + what;
    }
    return file;
}

/// An invalid file may be replaced only by a run that resumes from the other file.
void CheckpointStore::refuse_to_replace(const File& file, bool resume) {
    if (file.wrong.empty() || (resume && file.found != io::Found::foreign)) return;
    throw Error(resume ? ExitCode::bad_data : ExitCode::cannot_create,
                file.wrong + "; it would be replaced: remove it, or name another --checkpoint");
}

std::optional<io::Checkpoint> CheckpointStore::open(bool resume, bool force) {
    File current = look(file_.path());
    File previous = look(io::CheckpointFile::previous_path(file_.path()));
    for (File* const file : {&current, &previous}) {
        if (force && !resume && !file->wrong.empty()) *file = {file->path, {}, {}, {}};
    }
    const auto standing = [](const File& file) {
        return file.checkpoint ? std::optional(standing_of(*file.checkpoint)) : std::nullopt;
    };
    current_ = standing(current);
    previous_ = standing(previous);
    File& newest = current.checkpoint ? current : previous;
    std::string wrong = current.wrong;
    if (!previous.wrong.empty()) wrong += (wrong.empty() ? "" : "; ") + previous.wrong;
    if (resume && !newest.checkpoint && !wrong.empty()) {
        throw Error(ExitCode::bad_data,
                    wrong +
                        "; no checkpoint can be used: name another --checkpoint, "
                        "or remove it to start anew");
    }
    refuse_to_replace(current, resume);
    refuse_to_replace(previous, resume);
    if (!resume) {
        start_anew();
        return std::nullopt;
    }
    if (!newest.checkpoint) {
        note_ = file_.path() + ": no checkpoint yet, starting anew";
        return std::nullopt;
    }
    if (!current.checkpoint && previous_->training == training_) {
        file_.save(*previous.checkpoint, false);  // the run may be done and never save again
        current_ = previous_;
    }
    opened_ = newest.path;
    note_ = "resuming from " + newest.path;
    if (!current.checkpoint && !current.wrong.empty()) note_ += " (" + current.wrong + ")";
    return std::move(newest.checkpoint);
}

/// What becomes of checkpoints that are there.
void CheckpointStore::start_anew() {
    const std::string previous = io::CheckpointFile::previous_path(file_.path());
    if (current_ && previous_ && current_->training != previous_->training) {
        throw Error(ExitCode::cannot_create,
                    file_.path() + " and " + previous +
                        ": are of two other trainings; go on with --resume, remove one, or name "
                        "another --checkpoint");
    }
    const bool moves = current_ && (!previous_ || !previous_->outranks(*current_));
    if (moves) {
        note_ = file_.path() + ": is of an earlier run (" + documents_text(*current_) +
                "), kept as " + previous + " from the first save on; --resume goes on with it";
    } else if (previous_) {
        note_ = previous + ": is of an earlier run (" + documents_text(*previous_) +
                "), kept until this one is as far; --resume goes on with it";
    }
}

void CheckpointStore::save(const io::Checkpoint& checkpoint) {
    check_checkpoint(checkpoint, shape_);
    const bool keep = current_ && (!previous_ || !previous_->outranks(*current_));
    file_.save(checkpoint, keep);
    if (keep) previous_ = std::move(current_);
    current_ = standing_of(checkpoint);
}

}  // namespace hogwild::app
