#include "app/sweep/group_trainer.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/common/run_collectively.hpp"
#include "io/journal.hpp"

namespace hogwild::app {

void GroupTrainer::train(std::span<const Training> trainings) {
    while (!trainings.empty() && !failure_) {
        const std::vector<Outcome> outcomes =
            outcomes_of(trainings.first(count_together(trainings)));
        for (std::size_t k = 0; k < outcomes.size() && !failure_; ++k) {
            write(trainings[k], outcomes[k]);
        }
        trainings = trainings.subspan(outcomes.size());
    }
}

/// How many of the first ones can be trained together.
std::size_t GroupTrainer::count_together(std::span<const Training> trainings) const {
    const PathPlace first = path_place(options_, options_of(options_, trainings.front()));
    if (!first.together) return 1;
    const auto other = std::ranges::find_if(trainings, [&](const Training& training) {
        return path_place(options_, options_of(options_, training)).path != first.path;
    });
    return static_cast<std::size_t>(other - trainings.begin());
}

/// @return of the first trainings, at least of one.
std::vector<Outcome> GroupTrainer::outcomes_of(std::span<const Training> trainings) {
    const std::size_t n = trainings.size();
    ShowLambdas show;
    if (all_.rank() == 0 && !options_.quiet) {
        show = [&](const ProgressRow& row, std::size_t together) {
            std::string name = name_of(options_, trainings.front());
            if (together > 1) name += " and " + std::to_string(together - 1) + " more";
            progress_.show(name, row, static_cast<std::int64_t>(together));
        };
    }
    try {
        return n > 1 ? train_together(trainings, show)
                     : std::vector{train_alone(trainings.front(), progress_of(show, 1))};
    } catch (const CollectiveError& error) {
        return {n, outcome_of(error)};
    }
}

std::vector<Outcome> GroupTrainer::train_together(std::span<const Training> trainings,
                                                  const ShowLambdas& show) const {
    std::vector<double> lambdas;
    for (const Training& training : trainings) {
        lambdas.push_back(*options_of(options_, training).lambda);
    }
    std::vector<Outcome> outcomes;
    for (const Result& result : run_lambdas(options_of(options_, trainings.front()), lambdas,
                                            all_.group_size(), group_, show)) {
        outcomes.push_back(outcome_of(result));
    }
    return outcomes;
}

Outcome GroupTrainer::train_alone(const Training& training, const ShowProgress& show) {
    const TrainOptions options = options_of(options_, training);
    PathPlace place = path_place(options_, options);
    if (place.together) place = {};  // it starts from no other one
    return outcome_of(path_trainer_.train(options, group_, show, place));
}

void GroupTrainer::write(const Training& training, const Outcome& outcome) {
    try {
        run_collectively_on_root(group_.world(), [&] {
            const auto line = state_line(key_of_(options_of(options_, training)), outcome);
            if (!options_.state.empty()) io::append_to_journal(options_.state, line);
            lines_ += line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
            progress_.add(name_of(options_, training), outcome);
        });
    } catch (const CollectiveError& error) {
        failure_ = error;  // told when the other groups have come to their end
    }
}

}  // namespace hogwild::app
