#include "hogwild/app/stop_request.hpp"

#include <csignal>

#include "hogwild/data/error.hpp"
#include "hogwild/mpi/stop_signal.hpp"

namespace hogwild::app {

StopRequest::StopRequest(const CheckpointPlan& plan, const Stopwatch& since_start)
    : max_seconds_(plan.max_seconds), since_start_(since_start), on_(!plan.path.empty()) {
    if (on_) return;
    mpi::release_stop_signals();
    if (const int signal = mpi::stop_signal(); signal != 0) std::raise(signal);  // it came early
}

std::string StopRequest::reason() const {
    if (!on_) return {};
    if (const int signal = mpi::stop_signal(); signal != 0) {
        return signal == SIGUSR1 ? "SIGUSR1" : "SIGTERM";
    }
    return since_start_.seconds() > max_seconds_ ? "--max-time" : "";
}

void StopRequest::check(const char* while_doing) const {
    if (const std::string why = reason(); !why.empty()) {
        throw Error(ExitCode::stopped_early,
                    "stopped by " + why + " while " + while_doing + "; run again with --resume");
    }
}

}  // namespace hogwild::app
