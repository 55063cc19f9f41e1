#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "app/common/report.hpp"

namespace hogwild::app {

/// For people: the averages over the categories, and the figures of the most frequent ones.
/// @param verbose  of all.
std::string category_report(const CategoryResults& results, bool verbose);
/// The same of all categories as comma-separated values, a line each, the most frequent first.
std::string category_csv(const CategoryResults& results);
/// The averages as fields of the log: `test_micro_f1`, ... @param json  an object.
void put_category_results(nlohmann::ordered_json& json, const CategoryResults& results);

}  // namespace hogwild::app
