#pragma once
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "io/file_lock.hpp"
#include "io/model_file.hpp"
#include "io/pending_file.hpp"
#include "io/run_log.hpp"

namespace hogwild::app {

/// The files that a training run writes, on rank 0.
///
/// Construction locks them and finds out that they can be written, in the first second and not
/// after training; what an earlier run left stays until this one really starts.
class Outputs {
public:
    /// @param log, model, checkpoint  empty: not wanted. @throws Error: cannot_create.
    Outputs(const std::string& log, const std::string& model, const std::string& checkpoint = {});

    /// Replaces the log and writes its first line.
    void start(const nlohmann::ordered_json& line);
    /// Goes on with the log of a run that is continued from this iteration: what came after it is
    /// forgotten. @param first  for a log that is not there. @param line  the next one.
    void resume(std::int64_t iteration, const nlohmann::ordered_json& first,
                const nlohmann::ordered_json& line);
    void log(const nlohmann::ordered_json& line) {
        if (log_) log_->write(line);
    }
    /// @throws Error: io.
    void write_model(const io::Model& model) {
        if (model_) io::write_model(*model_, model);
    }
    void close() {
        if (log_) log_->close();
    }

private:
    std::string log_path_;
    std::optional<io::FileLock> log_lock_;
    std::optional<io::FileLock> model_lock_;
    std::optional<io::FileLock> checkpoint_lock_;
    std::optional<io::FileLock> previous_lock_;  ///< of the checkpoint before
    std::optional<io::RunLog> log_;
    std::optional<io::PendingFile> model_;
};

}  // namespace hogwild::app
