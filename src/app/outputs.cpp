#include "hogwild/app/outputs.hpp"

namespace hogwild::app {

Outputs::Outputs(const std::string& log, const std::string& model) : log_path_(log) {
    if (!log.empty()) log_lock_.emplace(log);
    if (!model.empty()) model_lock_.emplace(model);
    if (!model.empty()) model_.emplace(model);
    if (!log.empty()) const io::PendingFile probe(log);
}

void Outputs::start(const nlohmann::ordered_json& line) {
    if (!log_path_.empty()) log_.emplace(log_path_);
    log(line);
}

}  // namespace hogwild::app
