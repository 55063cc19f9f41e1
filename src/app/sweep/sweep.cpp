/// `hogwild sweep`: trains every point of a grid, remembers what is done, selects by validation.
#include <algorithm>
#include <iostream>
#include <iterator>
#include <limits>
#include <optional>
#include <span>
#include <utility>

#include "app/common/commands.hpp"
#include "app/common/feature_match.hpp"
#include "app/common/last_words.hpp"
#include "app/common/load.hpp"
#include "app/common/run_collectively.hpp"
#include "app/sweep/best_by_category.hpp"
#include "app/sweep/group_trainer.hpp"
#include "app/sweep/lambda_path.hpp"
#include "app/sweep/rank_group.hpp"
#include "app/sweep/sweep_digests.hpp"
#include "app/sweep/sweep_options.hpp"
#include "app/sweep/sweep_outputs.hpp"
#include "app/sweep/sweep_progress.hpp"
#include "app/sweep/sweep_state.hpp"
#include "app/sweep/sweep_table.hpp"
#include "app/train/run.hpp"
#include "data/partition.hpp"
#include "data/printable.hpp"
#include "io/journal.hpp"
#include "mpi/collectives.hpp"

namespace hogwild::app {
namespace {

std::string counted(std::int64_t n, const std::string& what) {
    return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
}

/// The line that a sweep prints before it begins.
/// @param all, pending  numbers of trainings, and of those that are still to be done.
std::string announcement(const SweepOptions& options, std::int64_t all, std::int64_t pending,
                         const RankGroup& group, int ranks) {
    std::string text = counted(all, "training");
    if (pending < all) {
        text += ", " + std::to_string(all - pending) + " of them done before (" +
                data::printable(options.state) + ")";
    }
    text += "; " + counted(group.count(), "group") + " of " +
            counted(options.ranks_per_point, "rank") + "\n";
    const PathPlace place = first_place(options);
    if (place.together) {
        text +=
            "trainings that differ in lambda alone go together, as many as fit into the cache and "
            "memory (--lambda-columns)\n";
    } else if (place.on()) {
        text +=
            "lambdas of a path fall, a group starts each from the model before (--lambda-path)\n";
    }
    const std::int64_t idle = ranks % options.ranks_per_point;
    if (idle > 0) {
        text += counted(idle, "rank") + " idle: " + std::to_string(ranks) +
                " is not a multiple of --ranks-per-point " +
                std::to_string(options.ranks_per_point) + "\n";
    }
    return text;
}

/// All trainings of this share of the sweep, point by point. @throws Error: usage.
std::vector<Training> trainings_of(const SweepOptions& options) {
    const std::int64_t first_seed = options.grid.train_options(0).seed;
    if (first_seed > std::numeric_limits<std::int64_t>::max() - options.repetitions) {
        throw Error(ExitCode::usage, "--seed is too large for so many --repetitions");
    }
    std::vector<Training> trainings;
    for (std::int64_t point = 0; point < options.grid.points(); ++point) {
        if (!options.share.holds(point)) continue;
        for (std::int64_t r = 0; r < options.repetitions; ++r) {
            trainings.push_back({point, r, first_seed + r, {}, {}});
        }
    }
    return trainings;
}

/// A training document without a label would fail every training alike. @throws Error: bad_data.
void check_labels(LabelledDataset& training) {
    if (training.dataset.header().has_topics) return;  // outside a category is a label, too
    training.dataset.check_labels(training.labelling);
}

class Sweep {
public:
    Sweep(SweepOptions options, const mpi::Communicators& comms)
        : options_(std::move(options)), comms_(comms) {}

    int run() {
        run_collectively_on_root(world(), [&] {
            options_.grid.check(!options_.best.empty());
            check_category_options(options_);
            io::FilePlan files = options_.files;
            files.add(options_.grid.train_options(0).files);
            files.check(options_.force);
        });
        run_collectively(world(), [&] { trainings_ = trainings_of(options_); });
        open_data();
        run_collectively_on_root(world(), [&] {
            identify_trainings();
            claim_outputs();
            if (!options_.merge.empty()) merge();
        });
        if (options_.merge.empty()) train_pending();
        return report();
    }

private:
    mpi::Communicator world() const { return comms_.world(); }
    bool root() const { return comms_.rank() == 0; }
    bool talks() const { return root() && !options_.quiet; }

    /// Opens the data once before the first training, so that errors are reported once.
    /// @note Collective.
    void open_data() {
        const TrainOptions options = options_.grid.train_options(0);
        std::vector<LabelledDataset> opened =
            open_labelled(options.data_names(), options.category, options.decision(), comms_);
        run_collectively_on_root(world(), [&] { check_labels(opened.front()); });
        if (talks()) {
            std::cerr << feature_advice(opened.front().dataset, std::span(opened).subspan(1))
                      << std::flush;
        }
        check_categories(opened.front());
        rows_ = opened.front().dataset.rows();
        digests_ = digests_of(opened, options, comms_);
    }

    /// The same on all ranks.
    void check_categories(const LabelledDataset& training) {
        if (!training.categories.empty()) {
            // trainings of several categories start from no model
            options_.lambda_path = data::Switch::off;
            return;
        }
        options_.lambda_columns = data::Switch::off;
        if (!options_.best_by_category.empty()) {
            throw CollectiveError(ExitCode::usage,
                                  "--best-by-category is for several categories: --category all, "
                                  "or a list");
        }
    }

    void claim_outputs() {
        outputs_.claim();
        if (options_.state.empty()) return;
        io::prepare_journal(options_.state);
        state_.read(options_.state);
    }

    std::string key_of(const TrainOptions& options) const {
        return training_key(options, options_.ranks_per_point, digests_);
    }

    /// Assigns each training its key and checks that its validation split is not empty.
    void identify_trainings() {
        for (Training& training : trainings_) {
            const TrainOptions options = options_of(options_, training);
            const data::ValidationSplit split(rows_, options.validation_fraction,
                                              static_cast<std::uint64_t>(options.seed));
            if (split.validation_rows() == 0) {
                throw Error(ExitCode::usage, name_of(options_, training) +
                                                 ": --validation-fraction holds out none of " +
                                                 counted(rows_, "document") +
                                                 "; a sweep selects by validation");
            }
            training.key = key_of(options);
        }
    }

    /// Whether nothing would be gained by training again.
    bool is_done(const Outcome& outcome) const {
        return !outcome.worth_another_try() && !lacks_figures(options_, outcome);
    }

    /// Joins states. All of their lines go into --state, not this grid's only: it may grow later.
    void merge() {
        SweepState others;
        for (const std::string& path : options_.merge) others.read(path);
        for (const auto& [key, outcome] : others.all()) {
            const Outcome* known = state_.find(key);
            if (known != nullptr && (is_done(*known) || !is_done(outcome))) continue;
            const auto line = state_line(key, outcome);
            if (!options_.state.empty()) io::append_to_journal(options_.state, line);
            state_.add(line, options_.state);
        }
        const auto missing = [&](const Training& t) {
            const Outcome* known = state_.find(t.key);
            return known == nullptr || lacks_figures(options_, *known);
        };
        const auto first = std::ranges::find_if(trainings_, missing);
        if (first == trainings_.end()) return;
        throw Error(ExitCode::stopped_early,
                    std::to_string(std::ranges::count_if(trainings_, missing)) + " of " +
                        counted(std::ssize(trainings_), "training") + " missing, first: " +
                        name_of(options_, *first) + "; train the missing share, then merge again");
    }

    /// Numbers of the trainings that are still to be done. Collective.
    std::vector<std::size_t> find_pending() {
        std::string marks;
        if (root()) {
            for (const Training& training : trainings_) {
                const Outcome* known = state_.find(training.key);
                marks += known != nullptr && is_done(*known) ? '0' : '1';
            }
        }
        marks = mpi::broadcast(world(), 0, marks);
        std::vector<std::size_t> pending;
        for (std::size_t i = 0; i < marks.size(); ++i) {
            if (marks[i] == '1') pending.push_back(i);
        }
        return pending;
    }

    void train_pending() {
        const std::vector<std::size_t> pending = along_paths(find_pending(), [&](std::size_t i) {
            return path_place(options_, options_of(options_, trainings_[i]));
        });
        RankGroup group(comms_, options_.ranks_per_point);
        std::vector<Training> own;
        for (std::size_t n = 0; n < pending.size(); ++n) {
            const auto place = static_cast<std::int64_t>(n);
            const bool in_turn = !first_place(options_).on();
            if (!group.takes(place, std::ssize(pending), in_turn)) continue;
            own.push_back(trainings_[pending[n]]);
        }
        run_collectively(world(), [&] {
            for (const Training& training : own) check_point(training, group);
        });
        if (talks()) {
            std::cerr << announcement(options_, std::ssize(trainings_), std::ssize(pending), group,
                                      comms_.size())
                      << std::flush;
        }
        SweepProgress progress(world(), std::ssize(pending), options_.quiet);
        std::string lines;
        std::optional<Error> failure;
        if (!own.empty()) {
            GroupTrainer trainer(options_, group.comms(), comms_, progress,
                                 [this](const TrainOptions& options) { return key_of(options); });
            trainer.train(own);
            lines = trainer.lines();
            failure = trainer.failure();
        }
        progress.finish();
        run_collectively(world(), [&] {
            if (failure) throw Error(*failure);
        });
        gather_outcomes(lines);
        group.close();
    }

    /// Checks the options of a training before the first one starts.
    void check_point(const Training& training, const RankGroup& group) const {
        try {
            check_layout(options_of(options_, training), group.comms());
        } catch (const Error& error) {
            throw Error(error.code(), name_of(options_, training) + ": " + error.what());
        }
    }

    /// Rank 0 gets to know what all groups have done.
    /// @param own  of the trainings of this rank.
    void gather_outcomes(const std::string& own) {
        const std::string lines = mpi::gather_text(world(), own);
        for (std::size_t begin = 0; begin < lines.size();) {
            const std::size_t end = lines.find('\n', begin);
            state_.add(nlohmann::json::parse(lines.substr(begin, end - begin)), "a rank's result");
            begin = end + 1;
        }
    }

    /// @return exit code, on all ranks.
    int report() {
        bool any = trainings_.empty();
        run_collectively_on_root(world(), [&] {
            for (Training& training : trainings_) training.outcome = *state_.find(training.key);
            const auto ranked = rank_points(trainings_, options_.select);
            any = any || ranked.front().eligible;
            outputs_.write(trainings_, ranked, talks());
        });
        if (root() && !any) {
            say("no point is VALID in all its repetitions; nothing is selected");
        }
        any = mpi::broadcast(world(), 0, std::int64_t{any}) != 0;
        return any ? 0 : static_cast<int>(ExitCode::internal);
    }

    SweepOptions options_;
    const mpi::Communicators& comms_;
    std::vector<Training> trainings_;  ///< of this share, point by point
    DatasetDigests digests_;
    std::int64_t rows_ = 0;  ///< of the training dataset
    // on rank 0
    SweepOutputs outputs_{options_};
    SweepState state_;
};

}  // namespace

int sweep(const std::vector<std::string>& arguments, const mpi::Communicators& comms) {
    SweepOptions options;
    run_collectively(comms.world(), [&] {
        options = parse_sweep_options(arguments);
        if (options.merge.empty() && options.ranks_per_point > comms.size()) {
            throw Error(ExitCode::usage, "--ranks-per-point " +
                                             std::to_string(options.ranks_per_point) +
                                             ": there are only " + std::to_string(comms.size()) +
                                             " ranks; start more with mpirun -np");
        }
    });
    return Sweep(std::move(options), comms).run();
}

}  // namespace hogwild::app
