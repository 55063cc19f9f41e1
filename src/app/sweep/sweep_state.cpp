#include "app/sweep/sweep_state.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "app/common/category_report.hpp"
#include "data/version.hpp"
#include "io/journal.hpp"

namespace hogwild::app {
namespace {

using Json = nlohmann::json;

/// Settings that do not change what is learnt or measured, or that the digests stand for.
bool in_key(const std::string& name) {
    static const std::set<std::string> kOutside{"train", "test",          "log",
                                                "model", "quiet",         "verbose",
                                                "stage", "initial-model", "category-settings"};
    return !kOutside.contains(name);
}

/// Members of a line that are not results.
constexpr const char* kKey = "key";
constexpr const char* kProgram = "program";
constexpr const char* kExitCode = "exit_code";
constexpr const char* kVerdict = "verdict";

/// Invalid runs have no metrics.
void forget_metrics(Json& results) {
    results.erase(kCategoryResults);
    for (auto& [name, value] : results.items()) {
        const bool of_documents = name.starts_with("train_") || name.starts_with("validation_") ||
                                  name.starts_with("test_");
        if (of_documents && name != "train_seconds") value = nullptr;
    }
}

bool is_number_or_null(const Json& line, const char* name) {
    return !line.contains(name) || line[name].is_null() || line[name].is_number();
}

/// A key as this program makes it: older ones have older names of options.
std::string present_key(Json key) {
    if (key.contains("options") && key["options"].is_object()) {
        Json options = Json::object();
        for (const auto& [name, value] : key["options"].items()) {
            options[present_setting_name(name)] = value;
        }
        key["options"] = std::move(options);
    }
    return key.dump();
}

bool is_exit_code(const Json& number) { return number >= 0 && number <= 255; }

/// Whether figures by category, if there are any, are lists of the same length.
bool has_lists_by_category(const Json& line) {
    if (!line.contains(kCategoryResults)) return true;
    const Json& lists = line[kCategoryResults];
    if (!lists.is_object() || !lists.contains("category")) return false;
    return std::ranges::all_of(lists, [&](const Json& list) {
        return list.is_array() && list.size() == lists["category"].size() &&
               std::ranges::all_of(list, [&](const Json& value) {
                   return &list == &lists["category"] ? value.is_string()
                                                      : value.is_number() || value.is_null();
               });
    });
}

/// Whether a line has all fields that are used later.
bool well_formed(const Json& line) {
    return line.is_object() && line.contains(kKey) && line[kKey].is_object() &&
           line.contains(kVerdict) && line[kVerdict].is_string() && line.contains(kExitCode) &&
           line[kExitCode].is_number_integer() && is_exit_code(line[kExitCode]) &&
           line.contains(kProgram) && line[kProgram].is_string() &&
           is_number_or_null(line, "validation_objective") &&
           is_number_or_null(line, "validation_accuracy") &&
           is_number_or_null(line, "train_seconds") && has_lists_by_category(line);
}

}  // namespace

std::string training_key(const TrainOptions& options, std::int64_t ranks,
                         const DatasetDigests& digests) {
    Json settings = Json::object();
    for (const auto& [name, value] : options.effective) {
        if (!in_key(name)) continue;
        if (settings.contains(name)) {
            settings[name] = settings[name].get<std::string>() + " " + value;
        } else {
            settings[name] = value;
        }
    }
    Json key{
        {"options", settings}, {"ranks", ranks}, {"train", digests.train}, {"test", digests.test}};
    if (!digests.initial_model.empty()) key["initial_model"] = digests.initial_model;
    if (!digests.category_settings.empty()) key["category_settings"] = digests.category_settings;
    return key.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool Outcome::worth_another_try() const {
    return code == ExitCode::no_input || code == ExitCode::resource ||
           code == ExitCode::cannot_create || code == ExitCode::io;
}

double Outcome::number(const std::string& name) const {
    const auto found = results.find(name);
    return found != results.end() && found->is_number() ? found->get<double>()
                                                        : std::numeric_limits<double>::quiet_NaN();
}

Outcome outcome_of(const Result& result) {
    Outcome outcome{result.verdict, result.valid() ? ExitCode::done : ExitCode::internal,
                    data::program_version(), result_json(result)};
    for (const char* name : {"event", kVerdict}) outcome.results.erase(name);
    if (!outcome.valid()) forget_metrics(outcome.results);
    return outcome;
}

Outcome outcome_of(const Error& failure) {
    return {std::string("FAILED: ") + failure.what(), failure.code(), data::program_version(),
            Json::object()};
}

nlohmann::ordered_json state_line(const std::string& key, const Outcome& outcome) {
    nlohmann::ordered_json line;
    line[kKey] = nlohmann::ordered_json::parse(key);
    line[kProgram] = outcome.program;
    line[kVerdict] = outcome.verdict;
    line[kExitCode] = static_cast<int>(outcome.code);
    for (const auto& [name, value] : outcome.results.items()) line[name] = value;
    return line;
}

void SweepState::read(const std::string& path) {
    for (const io::JournalLine& line : io::read_journal(path)) {
        add(line.value, path + ":" + std::to_string(line.number));
    }
}

void SweepState::add(const Json& line, const std::string& where) {
    if (!well_formed(line)) {
        throw Error(ExitCode::bad_data,
                    where + ": not a line of a sweep's state; delete it, or name another file");
    }
    Outcome outcome{line[kVerdict].get<std::string>(),
                    static_cast<ExitCode>(line[kExitCode].get<int>()),
                    line[kProgram].get<std::string>(), line};
    for (const char* name : {kKey, kProgram, kExitCode, kVerdict}) outcome.results.erase(name);
    outcomes_.insert_or_assign(present_key(line[kKey]), std::move(outcome));
}

const Outcome* SweepState::find(const std::string& key) const {
    const auto found = outcomes_.find(key);
    return found == outcomes_.end() ? nullptr : &found->second;
}

}  // namespace hogwild::app
