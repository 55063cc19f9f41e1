/// `hogwild train`: one run, its progress and its table.
#include <unistd.h>

#include <iostream>

#include "app/common/commands.hpp"
#include "app/common/last_words.hpp"
#include "app/common/run_collectively.hpp"
#include "app/common/table_stream.hpp"
#include "app/train/run.hpp"
#include "cli/option_parser.hpp"
#include "cli/status_line.hpp"

namespace hogwild::app {
namespace {

Result run_with_progress(const TrainOptions& options, const mpi::Communicators& comms,
                         const data::Stopwatch& since_start) {
    if (options.quiet) return run_training(options, comms, since_start, {});
    StatusLine line(StatusLine::AtEnd::keep, 0.0);
    return run_training(options, comms, since_start, [&](ProgressRow row) {
        if (row.evaluated) return line.show(row.done(), progress_line(row, options.verbose));
        if (!line.on_terminal()) row.forget_metrics();
        line.show_interim(row.done(), progress_line(row, options.verbose));
    });
}

void dump_config(const TrainOptions& options, const mpi::Communicators& comms) {
    run_collectively(comms.world(), [&] { check_ini(options.effective); });
    if (comms.rank() == 0) std::cout << options.effective_ini() << std::flush;
}

}  // namespace

int train(const std::vector<std::string>& arguments, const mpi::Communicators& comms,
          const data::Stopwatch& since_start) {
    TrainOptions options;
    run_collectively(comms.world(), [&] { options = parse_train_options(arguments); });
    if (options.dump_config) {
        dump_config(options, comms);
        return 0;
    }
    run_collectively_on_root(comms.world(), [&] { options.files.check(options.force); });
    if (options.checkpoint.empty()) {
        io::end_on_stop_signals(last_words(
            comms, "without --checkpoint FILE there is nothing from which it could go on"));
    } else {
        io::note_stop_signals(last_words(comms, "the last checkpoint is as new as it was"));
    }
    const Result result = run_with_progress(options, comms, since_start);
    if (result.stopped) {
        if (comms.rank() == 0) {
            say_how_to_go_on("stopped by " + result.stop_reason + " at " +
                                 position_text(result.progress) + ", saved in " +
                                 options.checkpoint + "; to go on, with --resume:",
                             comms, "train", arguments, "--resume");
        }
        return static_cast<int>(ExitCode::stopped_early);
    }
    if (comms.rank() == 0) {
        if (options.quiet) {
            std::cerr << warning_lines(result, Palette(STDERR_FILENO)) << std::flush;
        } else {
            std::ostream& out = table_stream({options.log});
            const Palette palette(&out == &std::cerr ? STDERR_FILENO : STDOUT_FILENO);
            out << result_table(result, options.verbose, palette) << std::flush;
        }
        if (!result.valid()) say(result.verdict);
    }
    return result.valid() ? 0 : static_cast<int>(ExitCode::internal);
}

}  // namespace hogwild::app
