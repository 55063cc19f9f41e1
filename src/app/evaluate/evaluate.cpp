/// `hogwild evaluate`: measures scores that this or another program has made.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <utility>

#include "app/common/commands.hpp"
#include "app/common/last_words.hpp"
#include "app/common/run_collectively.hpp"
#include "app/common/table_stream.hpp"
#include "app/evaluate/evaluate_options.hpp"
#include "app/evaluate/measures_report.hpp"
#include "app/evaluate/score_file.hpp"
#include "io/file_lock.hpp"
#include "io/run_log.hpp"
#include "io/text_file.hpp"

namespace hogwild::app {

/// Rank 0 does it all: a line of text per document is no work to share.
int evaluate(const std::vector<std::string>& arguments, const mpi::Communicators& comms) {
    run_collectively_on_root(comms.world(), [&] {
        const EvaluateOptions options = parse_evaluate_options(arguments);
        options.files.check(options.force);
        std::optional<io::FileLock> lock;
        if (!options.log.empty()) {
            lock.emplace(options.log);
            io::check_text_output(options.log);
        }
        LabelledScores read = read_labelled_scores(options);
        if (read.unscored > 0) {
            say(options.data + ": " + std::to_string(read.unscored) +
                " documents have no score in " + options.scores + " and are left out");
        }
        MeasuredScores measured = measure_scores(
            std::move(read.scores), options.threshold_in_effect(), options.probability);
        measured.unlabelled = read.unlabelled;
        if (!options.log.empty()) {
            io::RunLog log(options.log);
            log.write(measures_json(measured));
            log.close();
        }
        if (!options.quiet) {
            table_stream({options.log}) << measures_text(measured) << std::flush;
        }
    });
    return 0;
}

}  // namespace hogwild::app
