#pragma once
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "hogwild/io/file_lock.hpp"
#include "hogwild/io/model_file.hpp"
#include "hogwild/io/pending_file.hpp"
#include "hogwild/io/run_log.hpp"

namespace hogwild::app {

/// The files that a training run writes, on rank 0: locked and opened before any work is done, so
/// that a directory that cannot be written is found in the first second.
class Outputs {
public:
    /// @param log, model  empty: not wanted. @throws Error: cannot_create.
    Outputs(const std::string& log, const std::string& model);

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
    std::optional<io::FileLock> log_lock_;
    std::optional<io::FileLock> model_lock_;
    std::optional<io::RunLog> log_;
    std::optional<io::PendingFile> model_;
};

}  // namespace hogwild::app
