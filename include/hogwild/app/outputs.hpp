#pragma once
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "hogwild/io/file_lock.hpp"
#include "hogwild/io/model_file.hpp"
#include "hogwild/io/pending_file.hpp"
#include "hogwild/io/run_log.hpp"

namespace hogwild::app {

/// The files that a training run writes, on rank 0.
///
/// Construction locks them and finds out that they can be written, in the first second and not
/// after training; what an earlier run left stays until this one really starts.
class Outputs {
public:
    /// @param log, model  empty: not wanted. @throws Error: cannot_create.
    Outputs(const std::string& log, const std::string& model);

    /// Replaces the log and writes its first line.
    void start(const nlohmann::ordered_json& line);
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
    std::optional<io::RunLog> log_;
    std::optional<io::PendingFile> model_;
};

}  // namespace hogwild::app
