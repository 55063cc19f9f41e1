#include "app/common/outputs.hpp"

#include <nlohmann/json.hpp>

#include "io/checkpoint_file.hpp"
#include "io/text_file.hpp"

namespace hogwild::app {

Outputs::Outputs(const std::string& log, const std::string& model, const std::string& checkpoint)
    : log_path_(log) {
    if (!checkpoint.empty()) {
        const io::PendingFile probe(checkpoint);  // it can be a file at all
        checkpoint_lock_.emplace(checkpoint);
        previous_lock_.emplace(io::CheckpointFile::previous_path(checkpoint));
    }
    if (!log.empty()) log_lock_.emplace(log);
    if (!model.empty()) model_lock_.emplace(model);
    if (!model.empty()) model_.emplace(model);
    if (!log.empty()) io::check_text_output(log);
}

void Outputs::start(const nlohmann::ordered_json& line) {
    if (!log_path_.empty()) log_.emplace(log_path_);
    log(line);
}

void Outputs::resume(std::int64_t iteration, const nlohmann::ordered_json& first,
                     const nlohmann::ordered_json& line) {
    if (log_path_.empty()) return;
    bool begun = false;
    log_.emplace(log_path_, [&](const nlohmann::ordered_json& old) {
        const auto event = old.value("event", std::string());
        begun = begun || event == "start";
        return event != "result" && old.value("iteration", std::int64_t{0}) <= iteration;
    });
    if (!begun) log(first);
    log(line);
}

}  // namespace hogwild::app
