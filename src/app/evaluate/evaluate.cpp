/// `hogwild evaluate`: measures scores that this or another program has made.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <utility>
#include <variant>

#include "app/common/category_report.hpp"
#include "app/common/commands.hpp"
#include "app/common/last_words.hpp"
#include "app/common/run_collectively.hpp"
#include "app/common/table_stream.hpp"
#include "app/evaluate/category_measures.hpp"
#include "app/evaluate/evaluate_options.hpp"
#include "app/evaluate/measures_report.hpp"
#include "app/evaluate/score_file.hpp"
#include "cli/option_parser.hpp"
#include "io/file_kind.hpp"
#include "io/file_lock.hpp"
#include "io/run_log.hpp"
#include "io/text_file.hpp"

namespace hogwild::app {
namespace {

void write_measures(const EvaluateOptions& options, const nlohmann::ordered_json& row,
                    const std::string& text) {
    if (!options.log.empty()) {
        io::RunLog log(options.log);
        log.write(row);
        log.close();
    }
    if (!options.quiet) {
        table_stream({options.log, options.category_table}) << text << std::flush;
    }
}

void say_unscored(const EvaluateOptions& options, std::int64_t unscored) {
    if (unscored == 0) return;
    say(options.data + ": " + std::to_string(unscored) + " documents have no score in " +
        options.scores + " and are left out");
}

void evaluate_one(const EvaluateOptions& options, LabelledScores read) {
    options.check_one();
    say_unscored(options, read.unscored);
    const double threshold =
        options.threshold.value_or(read.threshold.value_or(options.default_threshold()));
    MeasuredScores measured =
        measure_scores(std::move(read.scores), threshold, options.probability);
    measured.unlabelled = read.unlabelled;
    write_measures(options, measures_json(measured), measures_text(measured));
}

void evaluate_several(const EvaluateOptions& options, const MeasuredCategories& measured) {
    say_unscored(options, measured.unscored);
    write_category_table(options.category_table, measured.results);
    write_measures(options, category_measures_json(measured, options),
                   category_measures_text(measured, options));
}

void evaluate_text(const EvaluateOptions& options) {
    TextScores read = read_text_scores(options);
    if (std::holds_alternative<LabelledScores>(read)) {
        evaluate_one(options, std::get<LabelledScores>(std::move(read)));
    } else {
        evaluate_several(
            options, measure_predictions(options, std::get<PredictedCategories>(std::move(read))));
    }
}

/// Whether the scores are HDF5, of whatever program: the reader says what is wrong with it.
bool is_hdf5(const std::string& path) {
    const io::FileKind kind = path == "-" ? io::FileKind::special : io::file_kind(path);
    using enum io::FileKind;
    constexpr io::FileKind kKinds[] = {score_matrix, dataset,    model,
                                       checkpoint,   other_hdf5, damaged_hdf5};
    return std::ranges::find(kKinds, kind) != std::end(kKinds);
}

void evaluate_matrix(const EvaluateOptions& options) {
    options.check_several();
    if (!options.model.empty()) refuse("--model: a matrix of scores names its categories itself");
    if (options.category.empty()) {
        evaluate_several(options, measure_matrix(options));
    } else {
        evaluate_one(options, read_matrix_column(options));
    }
}

}  // namespace

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
        if (!options.category_table.empty()) io::check_text_output(options.category_table);
        if (is_hdf5(options.scores)) {
            evaluate_matrix(options);
        } else {
            evaluate_text(options);
        }
    });
    return 0;
}

}  // namespace hogwild::app
