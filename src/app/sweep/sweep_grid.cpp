#include "app/sweep/sweep_grid.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "cli/option_parser.hpp"
#include "data/printable.hpp"

namespace hogwild::app {
namespace {

/// Points of a grid are compared on the same data, and all have the same repetitions.
bool may_vary(const std::string& name) {
    static const std::set<std::string> kFixed{"train",      "test", "category",
                                              "multiclass", "seed", "category-settings"};
    return !kFixed.contains(name);
}

std::string trimmed(const std::string& text) {
    const std::size_t first = text.find_first_not_of(" \t");
    if (first == std::string::npos) return "";
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::vector<std::string> elements(const std::string& name, const std::string& list) {
    std::vector<std::string> elements;
    for (std::size_t begin = 0; begin <= list.size();) {
        const std::size_t end = std::min(list.find(',', begin), list.size());
        elements.push_back(trimmed(list.substr(begin, end - begin)));
        if (elements.back().empty()) refuse("--" + name + " " + list + ": an element is empty");
        begin = end + 1;
    }
    return elements;
}

/// The settings of all options of this name.
std::vector<std::string> effective(const TrainOptions& options, const std::string& name) {
    std::vector<std::string> values;
    for (const auto& [key, value] : options.effective) {
        if (key == name) values.push_back(value);
    }
    return values;
}

}  // namespace

Grid::Grid(std::vector<GridSetting> settings) {
    for (GridSetting& given : settings) {
        const bool list =
            given.values.size() == 1 && given.values[0].find(',') != std::string::npos;
        if (list && given.name == "seed") {
            refuse("--seed " + given.values[0] +
                   ": a sweep has one first seed; --repetitions adds the following ones");
        }
        const bool varies = list && may_vary(given.name);
        if (varies) {
            given.values = elements(given.name, given.values[0]);
            points_ *= static_cast<std::int64_t>(given.values.size());
            if (points_ > kMostPoints) {
                refuse("the grid has more than " + std::to_string(kMostPoints) + " points");
            }
        }
        settings_.push_back({std::move(given), varies});
    }
}

std::vector<std::string> Grid::dimensions() const {
    std::vector<std::string> names;
    for (const Setting& setting : settings_) {
        if (setting.varies) names.push_back(setting.given.name);
    }
    return names;
}

/// For every setting, which of its values; 0 where there is but one.
std::vector<std::size_t> Grid::choices(std::int64_t point) const {
    std::vector<std::size_t> choices(settings_.size(), 0);
    auto rest = static_cast<std::size_t>(point);
    for (std::size_t i = settings_.size(); i-- > 0;) {
        if (!settings_[i].varies) continue;
        choices[i] = rest % settings_[i].given.values.size();
        rest /= settings_[i].given.values.size();
    }
    return choices;
}

std::vector<std::string> Grid::values(std::int64_t point) const {
    const std::vector<std::size_t> choice = choices(point);
    std::vector<std::string> values;
    for (std::size_t i = 0; i < settings_.size(); ++i) {
        if (settings_[i].varies) values.push_back(settings_[i].given.values[choice[i]]);
    }
    return values;
}

std::string Grid::describe(std::int64_t point) const {
    const std::vector<std::string> names = dimensions();
    const std::vector<std::string> chosen = values(point);
    std::string text;
    for (std::size_t i = 0; i < names.size(); ++i) {
        text += (i == 0 ? "--" : " --") + names[i] + " " + chosen[i];
    }
    return text;
}

TrainOptions Grid::train_options(std::int64_t point) const { return parse(point, nullptr); }

TrainOptions Grid::train_options(std::int64_t point, std::int64_t seed) const {
    return parse(point, &seed);
}

TrainOptions Grid::parse(std::int64_t point, const std::int64_t* seed) const {
    const std::vector<std::size_t> choice = choices(point);
    std::vector<std::string> arguments;
    std::string ini;
    for (std::size_t i = 0; i < settings_.size(); ++i) {
        const GridSetting& given = settings_[i].given;
        if (given.name == "seed" && seed != nullptr) continue;
        std::vector<std::string> values = given.values;
        if (settings_[i].varies) values = {values[choice[i]]};
        if (given.flag && !given.from_config) arguments.push_back("--" + given.name);
        if (given.flag && given.from_config) ini += given.name + " = true\n";
        for (const std::string& value : values) {
            if (given.from_config) {
                ini += given.name + " = " + value + "\n";
            } else {
                arguments.insert(arguments.end(), {"--" + given.name, value});
            }
        }
    }
    if (seed != nullptr) arguments.insert(arguments.end(), {"--seed", std::to_string(*seed)});
    const auto given = [](const Setting& setting) { return setting.given.name == "preset"; };
    if (std::ranges::none_of(settings_, given)) ini += "preset = paper\n";
    return parse_train_options(arguments, ini);
}

std::string Grid::where(std::int64_t point) const {
    if (points_ == 1) return "";
    return "point " + std::to_string(point + 1) + " of " + std::to_string(points_) + " (" +
           describe(point) + "): ";
}

void Grid::check(bool as_ini) const {
    for (std::int64_t point = 0; point < points_; ++point) {
        try {
            const TrainOptions options = train_options(point);
            if (options.validation_fraction == 0.0) {
                refuse("--validation-fraction 0: a sweep selects by validation");
            }
            if (as_ini) check_ini(options.effective);
        } catch (const Error& error) {
            throw Error(error.code(), where(point) + error.what());
        }
    }
    check_duplicates();
}

/// Two points are the same if two values of one option mean the same, such as 0.1 and 1e-1.
void Grid::check_duplicates() const {
    std::int64_t stride = points_;
    for (const Setting& setting : settings_) {
        if (!setting.varies) continue;
        const GridSetting& given = setting.given;
        stride /= static_cast<std::int64_t>(given.values.size());
        std::set<std::vector<std::string>> seen;
        for (std::size_t i = 0; i < given.values.size(); ++i) {
            const TrainOptions options = train_options(static_cast<std::int64_t>(i) * stride);
            const std::vector<std::string> meant = effective(options, given.name);
            if (!meant.empty() && !seen.insert(meant).second) {
                refuse("--" + given.name + ": " + given.values[i] + " is in the list twice");
            }
        }
    }
}

std::string train_command(const TrainOptions& options, std::int64_t ranks,
                          const std::vector<std::string>& always) {
    const std::string preset = data::name_of(options.preset);
    const TrainOptions defaults = parse_train_options({"--dump-config", "--preset", preset});
    std::set<std::string> flags;
    for (const TrainSetting& setting : train_settings()) {
        if (setting.flag) flags.insert(setting.name);
    }
    std::string command =
        "mpirun -np " + std::to_string(ranks) + " hogwild train --preset " + preset;
    for (const auto& [name, value] : options.effective) {
        const std::vector<std::string> usual = effective(defaults, name);
        if (name == "preset") continue;
        if (usual == std::vector<std::string>{value} &&
            std::ranges::find(always, name) == always.end())
            continue;
        command += " --" + name;
        if (!flags.contains(name)) command += " " + data::shell_quoted(value);
    }
    return command;
}

}  // namespace hogwild::app
