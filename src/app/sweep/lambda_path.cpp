#include "app/sweep/lambda_path.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "app/train/run_lambdas.hpp"

namespace hogwild::app {

PathPlace path_place(const SweepOptions& sweep, const TrainOptions& options) {
    const bool walks = sweep.lambda_path == data::Switch::on && options.strategy->is_dual &&
                       options.gap && options.lambda;
    const bool together = sweep.lambda_columns == data::Switch::on && can_share_matrix(options);
    if (!walks && !together) return {};
    PathPlace place{.path = {}, .lambda = *options.lambda, .together = together};
    for (const auto& [name, value] : options.effective) {
        if (name != "lambda") place.path += name + "=" + value + "\n";
    }
    return place;
}

PathPlace first_place(const SweepOptions& options) {
    const std::vector<std::string> dimensions = options.grid.dimensions();
    if (std::ranges::find(dimensions, "lambda") == dimensions.end()) return {};
    return path_place(options, options.grid.train_options(0));
}

std::vector<std::size_t> along_paths(std::vector<std::size_t> trainings,
                                     const std::function<PathPlace(std::size_t)>& place_of) {
    // the first place of its path, minus lambda, training
    using Place = std::tuple<std::size_t, double, std::size_t>;
    std::map<std::string, std::size_t> first_of_path;
    std::vector<Place> places;
    for (const std::size_t training : trainings) {
        const PathPlace place = place_of(training);
        const std::size_t here = places.size();
        const std::size_t first =
            place.on() ? first_of_path.try_emplace(place.path, here).first->second : here;
        places.emplace_back(first, -place.lambda, training);
    }
    std::ranges::sort(places);
    std::ranges::transform(places, trainings.begin(),
                           [](const Place& place) { return std::get<2>(place); });
    return trainings;
}

Result PathTrainer::train(const TrainOptions& options, const mpi::Communicators& group,
                          const ShowProgress& show, const PathPlace& place) {
    const std::string last_path = std::exchange(last_path_, {});
    const bool goes_on = place.on() && place.path == last_path;
    io::Model trained;
    Result result = run_training(options, group, data::Stopwatch(), show,
                                 {.advice = false,
                                  .initial = goes_on ? &last_ : nullptr,
                                  .trained = place.on() ? &trained : nullptr});
    if (!result.valid()) return result;
    last_path_ = place.path;
    last_ = std::move(trained);
    return result;
}

}  // namespace hogwild::app
