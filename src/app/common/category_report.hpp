#pragma once
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>

#include "app/common/report.hpp"

namespace hogwild::app {

/// For people: the averages over the categories, and the figures of the most frequent ones; with
/// --multiclass also the confusion of classes. @param verbose  the figures of all.
std::string category_report(const CategoryResults& results, bool verbose);
/// The same for documents whose predictions alone are known, which are the test documents.
std::string prediction_report(const CategoryResults& results, bool verbose);
/// For people: micro and macro averages, and what is measured document by document.
std::string averages_text(const model::MatrixMetrics& metrics);
/// The same of all categories as comma-separated values, a line each, the most frequent first.
std::string category_csv(const CategoryResults& results);
/// With --multiclass: the confusion of the documents whose figures these are.
/// @param path  empty: to no file. @throws Error: cannot_create, io.
void write_class_confusion(const std::string& path, const CategoryResults& results);
/// Where the log has a measure of the held-out documents.
std::string validation_key(model::Measure measure);
/// The columns of category_csv().
std::span<const std::string> category_columns();
/// The name in the log of what is known by category.
inline constexpr const char* kCategoryResults = "category_results";
/// Writes the table of all categories to a file. @param path  empty: to none.
/// @throws Error: cannot_create, io.
void write_category_table(const std::string& path, const CategoryResults& results);
/// The averages as fields of the log: `test_micro_f1`, ...; then by category its settings in effect
/// and the measures of the held-out documents, a list each. @param json  an object.
void put_category_results(nlohmann::ordered_json& json, const CategoryResults& results);
/// The same of one set. @param prefix  of the keys.
void put_averages(nlohmann::ordered_json& json, std::string_view prefix,
                  const model::MatrixMetrics& metrics);

}  // namespace hogwild::app
