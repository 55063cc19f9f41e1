#include "app/train/checkpoint_plan.hpp"

#include <charconv>
#include <cmath>

#include "app/train/train_options.hpp"
#include "cli/option_parser.hpp"

namespace hogwild::app {
namespace {

double seconds_of(char unit) {
    return unit == 's' ? 1.0 : unit == 'm' ? 60.0 : unit == 'h' ? 3600.0 : std::nan("");
}

}  // namespace

double parse_duration(const std::string& option, const std::string& text) {
    double seconds = 0.0;
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at != end) {
        double value = 0.0;
        const auto [stop, error] = std::from_chars(at, end, value, std::chars_format::fixed);
        if (error != std::errc()) break;
        seconds += value * (stop == end ? 1.0 : seconds_of(*stop));
        at = stop == end ? end : stop + 1;
    }
    if (at != end || !(seconds > 0.0) || !std::isfinite(seconds)) {
        refuse(option + " " + text + ": a time above 0 is expected, such as 90, 90s, 55m or 1h30m");
    }
    return seconds;
}

CheckpointPlan checkpoint_plan(const TrainOptions& o) {
    CheckpointPlan plan;
    plan.path = o.checkpoint;
    plan.resume = o.resume;
    if (plan.path.empty()) {
        if (o.resume) refuse("--resume needs --checkpoint: from which file?");
        if (!o.max_time.empty())
            refuse("--max-time needs --checkpoint: what is learnt would be lost");
        return plan;
    }
    if (o.evaluate_later) refuse("--evaluate-later and --checkpoint exclude each other");
    if (!o.max_time.empty()) plan.max_seconds = parse_duration("--max-time", o.max_time);
    const std::string& every = o.checkpoint_every;
    if (!every.empty() && every.back() == 'e') {
        const char* const end = every.data() + every.size() - 1;
        const auto [stop, error] = std::from_chars(every.data(), end, plan.every_epochs);
        if (error != std::errc() || stop != end || plan.every_epochs < 1) {
            refuse("--checkpoint-every " + every + ": whole epochs are expected, such as 2e");
        }
    } else {
        plan.every_seconds = parse_duration("--checkpoint-every", every);
    }
    return plan;
}

}  // namespace hogwild::app
