#include "app/train/initial_model.hpp"

#include <algorithm>
#include <iterator>
#include <span>

#include "app/common/feature_match.hpp"
#include "app/common/last_words.hpp"
#include "app/common/run_collectively.hpp"
#include "data/error.hpp"
#include "io/model_reader.hpp"
#include "mpi/collectives.hpp"

namespace hogwild::app {
namespace {

std::string shown(const std::string& name) { return name.empty() ? "1" : name; }

void check_initial_model(const io::Model& model, const TrainOptions& options,
                         const io::Dataset& training) {
    const std::string& name = options.initial_model;
    check_id_base(name, model.feature_id_base, training);
    const std::string doubt = check_values(name, model, training);
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

/// With what the strategy can use.
io::Model read_model(const TrainOptions& options) {
    io::Model model = io::read_model_of_one_output(options.initial_model);
    if (options.strategy->is_dual) model.dual = io::read_dual_variables(options.initial_model);
    return model;
}

}  // namespace

std::vector<double> InitialModel::in(const data::FeatureSet& list) const {
    std::vector<double> all(list.size() + 1);
    for (std::size_t k = 0; k < columns.size(); ++k) all[list.position(columns[k])] = weights[k];
    all.back() = weights.back();
    return all;
}

void InitialModel::add_to(data::FeatureCounts& counts) {
    added_.clear();
    std::ranges::set_difference(columns, counts.column, std::back_inserter(added_));
    counts += {added_, std::vector<std::int64_t>(added_.size())};
}

void InitialModel::save(data::State& out) const {
    if (!given) return;
    out.put("initial_features", static_cast<double>(features));
    out.put("initial_columns", std::span<const std::uint32_t>(added_));
}

void InitialModel::resume(const data::State& saved) {
    given = saved.has("initial_columns");
    if (!given) return;
    features = static_cast<std::int64_t>(saved.number("initial_features"));
    columns.resize(saved.array("initial_columns").size());
    saved.get("initial_columns", std::span<std::uint32_t>(columns));
}

InitialModel find_initial_model(const TrainOptions& options, const io::Model* given,
                                const io::Dataset& training, const mpi::Communicators& comms) {
    InitialModel initial;
    if (given == nullptr && options.initial_model.empty()) return initial;
    initial.given = true;
    run_collectively_on_root(comms.world(), [&] {
        const io::Model model = given != nullptr ? *given : read_model(options);
        check_initial_model(model, options, training);
        initial.dual = model.dual;
        initial.features = model.features;
        for (std::size_t k = 0; k < model.columns.size(); ++k) {
            if (model.weights[k] == 0.0) continue;
            initial.columns.push_back(model.columns[k]);
            initial.weights.push_back(model.weights[k]);
        }
        initial.weights.push_back(model.bias);
    });
    initial.features = mpi::broadcast(comms.world(), 0, initial.features);
    const auto size =
        static_cast<std::size_t>(mpi::broadcast(comms.world(), 0, std::ssize(initial.columns)));
    run_collectively(comms.world(), [&] {
        initial.columns.resize(size);
        initial.weights.resize(size + 1);
    });
    mpi::broadcast(comms.world(), 0, std::span<std::uint32_t>(initial.columns));
    mpi::broadcast(comms.world(), 0, std::span<double>(initial.weights));
    return initial;
}

}  // namespace hogwild::app
