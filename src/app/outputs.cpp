#include "hogwild/app/outputs.hpp"

namespace hogwild::app {

Outputs::Outputs(const std::string& log, const std::string& model) {
    if (!log.empty()) log_lock_.emplace(log);
    if (!model.empty()) model_lock_.emplace(model);
    // The old log goes only when everything else is known to work.
    if (!model.empty()) model_.emplace(model);
    if (!log.empty()) log_.emplace(log);
}

}  // namespace hogwild::app
