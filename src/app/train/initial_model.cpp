#include "app/train/initial_model.hpp"

#include <algorithm>
#include <span>

#include "app/common/feature_match.hpp"
#include "app/common/last_words.hpp"
#include "app/common/run_collectively.hpp"
#include "data/error.hpp"
#include "io/model_file.hpp"
#include "mpi/collectives.hpp"

namespace hogwild::app {
namespace {

std::string shown(const std::string& name) { return name.empty() ? "1" : name; }

void check_initial_model(const io::Model& model, const TrainOptions& options,
                         const io::Dataset& training) {
    const std::string& name = options.initial_model;
    check_id_base(name, model.feature_id_base, training);
    const std::string doubt = check_normalization(name, model, training);
    if (!doubt.empty()) say(doubt);
    if (model.category != options.category) {
        const auto class_of = [](const std::string& category) {
            return category.empty() ? "labels" : "category " + category;
        };
        throw Error(ExitCode::bad_data, "--initial-model " + name + " was trained for " +
                                            class_of(model.category) + ", and this run is for " +
                                            class_of(options.category));
    }
    const std::string& positive = training.header().positive_label;
    if (!training.header().has_topics && shown(model.positive_label) != shown(positive)) {
        throw Error(ExitCode::bad_data,
                    "--initial-model " + name + ": label " + shown(model.positive_label) +
                        " is positive, in " + training.name() + " label " + shown(positive) +
                        "; convert the text again with --positive " + shown(model.positive_label));
    }
    if (options.bias == data::Switch::off && model.bias != 0.0) {
        throw Error(ExitCode::usage, "--initial-model " + name +
                                         " has a bias, which --bias off would drop: leave --bias "
                                         "on, or start from a model without one");
    }
}

}  // namespace

std::vector<double> InitialModel::in(model::WeightShape shape) const {
    std::vector<double> wide(shape.size());
    std::copy_n(weights.begin(), features(), wide.begin());
    wide[shape.bias()] = weights.back();
    return wide;
}

InitialModel read_initial_model(const TrainOptions& options, const io::Dataset& training,
                                const mpi::Communicators& comms) {
    InitialModel initial;
    if (options.initial_model.empty()) return initial;
    run_collectively_on_root(comms.world(), [&] {
        io::Model model = io::read_model(options.initial_model);
        check_initial_model(model, options, training);
        initial.weights = std::move(model.weights);
        initial.weights.push_back(model.bias);
    });
    const std::int64_t size = mpi::broadcast(comms.world(), 0, std::ssize(initial.weights));
    run_collectively(comms.world(),
                     [&] { initial.weights.resize(static_cast<std::size_t>(size)); });
    mpi::broadcast(comms.world(), 0, std::span<double>(initial.weights));
    return initial;
}

}  // namespace hogwild::app
