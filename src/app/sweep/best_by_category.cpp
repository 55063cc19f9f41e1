#include "app/sweep/best_by_category.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "app/common/category_report.hpp"
#include "cli/option_parser.hpp"
#include "data/csv.hpp"
#include "data/printable.hpp"

namespace hogwild::app {
namespace {

/// Of one point: by category, the sum over its repetitions of what is selected by; not a number
/// where a repetition does not have it.
using CategorySums = std::map<std::string, double>;

/// The figures of a training by category; none if it is not VALID.
const nlohmann::json& figures_of(const Training& training) {
    static const nlohmann::json kNothing = nlohmann::json::object();
    const nlohmann::json& results = training.outcome.results;
    return training.outcome.valid() && results.contains(kCategoryResults)
               ? results[kCategoryResults]
               : kNothing;
}

std::vector<std::string> categories_of(const Training& training) {
    const nlohmann::json& figures = figures_of(training);
    if (figures.empty()) return {};
    return figures["category"].get<std::vector<std::string>>();
}

CategorySums sums_of(const Training& training, const std::string& key) {
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    CategorySums sums;
    const nlohmann::json& figures = figures_of(training);
    if (!figures.contains(key)) return sums;
    const std::vector<std::string> names = categories_of(training);
    for (std::size_t k = 0; k < names.size(); ++k) {
        const nlohmann::json& value = figures[key][k];
        sums[names[k]] = value.is_number() ? value.get<double>() : kNone;
    }
    return sums;
}

/// Adds a repetition's; a category that it does not have is not trained in it.
void add(CategorySums& sums, const CategorySums& others) {
    std::erase_if(sums, [&](const auto& entry) { return !others.contains(entry.first); });
    for (auto& [category, sum] : sums) sum += others.at(category);
}

/// In the order in which they are numbered: some may be missing in some repetitions.
std::vector<std::string> all_categories(const std::vector<Training>& trainings) {
    std::vector<std::string> all;
    std::set<std::string> known;
    for (const Training& training : trainings) {
        for (const std::string& category : categories_of(training)) {
            if (known.insert(category).second) all.push_back(category);
        }
    }
    return all;
}

double lambda_of(const SweepOptions& options, std::int64_t point) {
    return *options.grid.train_options(point).lambda;
}

}  // namespace

void check_category_options(const SweepOptions& options) {
    if (options.grid.train_options(0).category_settings == "-") {
        refuse("--category-settings -: every training reads it, so that it must be a file");
    }
    if (options.best_by_category.empty()) return;
    const std::string option = "--best-by-category " + options.best_by_category;
    const auto refuse_unless = [&](bool holds, const std::string& why) {
        if (!holds) refuse(option + ": " + why);
    };
    refuse_unless(options.grid.dimensions() == std::vector<std::string>{"lambda"},
                  "a list of values is needed for --lambda, and for no other option");
    for (std::int64_t point = 0; point < options.grid.points(); ++point) {
        const TrainOptions train = options.grid.train_options(point);
        refuse_unless(train.lambda.has_value(), "--lambda auto is no value to choose");
        refuse_unless(train.category_settings.empty(), "leave out --category-settings");
    }
}

bool lacks_figures(const SweepOptions& options, const Outcome& outcome) {
    return !options.best_by_category.empty() && outcome.valid() &&
           !outcome.results.contains(kCategoryResults);
}

std::vector<CategoryChoice> choose_by_category(const SweepOptions& options,
                                               const std::vector<Training>& trainings,
                                               std::int64_t best) {
    const std::string key = validation_key(options.select);
    std::map<std::int64_t, CategorySums> sums;  // by point
    for (const Training& training : trainings) {
        const auto [place, is_first] = sums.try_emplace(training.point);
        const CategorySums own = sums_of(training, key);  // none if it is not VALID
        if (is_first) {
            place->second = own;
        } else {
            add(place->second, own);
        }
    }
    std::map<std::int64_t, double> lambdas;
    for (const auto& entry : sums) lambdas[entry.first] = lambda_of(options, entry.first);
    std::vector<CategoryChoice> choices;
    for (const std::string& category : all_categories(trainings)) {
        CategoryChoice choice{category, best, false};
        double least = 0.0;
        for (const auto& [point, of_point] : sums) {
            const auto found = of_point.find(category);
            if (found == of_point.end() || !std::isfinite(found->second)) continue;
            const double cost = model::cost_of(found->second, options.select);
            const bool larger = lambdas[point] > lambdas[choice.point];
            if (choice.own && (cost > least || (cost == least && !larger))) continue;
            choice = {category, point, true};
            least = cost;
        }
        choices.push_back(choice);
    }
    return choices;
}

std::string category_settings_csv(const SweepOptions& options,
                                  const std::vector<CategoryChoice>& choices) {
    std::string text = "category,lambda\n";
    for (const CategoryChoice& choice : choices) {
        text += fmt::format("{},{}\n", data::csv_field(choice.category),
                            lambda_of(options, choice.point));
    }
    return text;
}

std::string category_choice_text(const SweepOptions& options,
                                 const std::vector<CategoryChoice>& choices, std::int64_t best) {
    std::map<std::int64_t, std::size_t> count;  // by point
    for (const CategoryChoice& choice : choices) ++count[choice.point];
    std::string values;
    for (const auto& [point, n] : count) {
        values += fmt::format("{}{} for {}", values.empty() ? "" : ", ",
                              data::printable(options.grid.values(point).front()), n);
    }
    std::string text = fmt::format(
        "\nbest lambda for each category{}, by its mean validation {}: {}\n",
        options.share.whole() ? "" : " in this share", data::name_of(options.select), values);
    const auto without = std::ranges::count(choices, false, &CategoryChoice::own);
    if (without > 0) {
        text += fmt::format("{} without {} in all repetitions: the best lambda for all\n", without,
                            data::name_of(options.select));
    }
    TrainOptions train = options.grid.train_options(best);
    train.effective.emplace_back("category-settings", options.best_by_category);
    return text + "to train with these:\n" +
           train_command(train, options.ranks_per_point, options.grid.dimensions()) + "\n";
}

}  // namespace hogwild::app
