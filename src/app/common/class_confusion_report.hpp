#pragma once
#include <string>
#include <vector>

#include "model/class_confusion.hpp"

namespace hogwild::app {

/// For people: documents by class (rows) and prediction (columns), where there are at most 12
/// classes and 80 columns hold them; else the pairs that are confused most often.
/// @param names  of the classes, as many as there are outputs.
std::string confusion_report(const model::ClassConfusion& confusion,
                             const std::vector<std::string>& names);
/// The counts of all classes as comma-separated values, a row for each class.
std::string confusion_csv(const model::ClassConfusion& confusion,
                          const std::vector<std::string>& names);

}  // namespace hogwild::app
