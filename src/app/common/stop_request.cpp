#include "app/common/stop_request.hpp"

#include "data/error.hpp"
#include "io/stop_signal.hpp"

namespace hogwild::app {

StopRequest::StopRequest(const CheckpointPlan& plan, const data::Stopwatch& since_start)
    : max_seconds_(plan.max_seconds), since_start_(since_start), on_(!plan.path.empty()) {}

std::int64_t StopRequest::reason() const {
    if (!on_) return 0;
    if (const int signal = io::stop_signal(); signal != 0) return kMaxTime + signal;
    return since_start_.seconds() > max_seconds_ ? kMaxTime : 0;
}

std::string StopRequest::name_of(std::int64_t reason) {
    if (reason == 0) return "";
    return reason == kMaxTime ? "--max-time"
                              : io::stop_signal_name(static_cast<int>(reason - kMaxTime));
}

void StopRequest::check(const char* while_doing) const {
    if (const std::int64_t why = reason(); why != 0) {
        throw Error(ExitCode::stopped_early, "stopped by " + name_of(why) + " while " +
                                                 while_doing + "; run again with --resume");
    }
}

}  // namespace hogwild::app
