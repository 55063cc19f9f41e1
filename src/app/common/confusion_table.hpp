#pragma once
#include <string>

#include "model/measures.hpp"

namespace hogwild::app {

/// Documents by label (rows) and prediction (columns), for people.
std::string confusion_table(const model::Confusion& confusion);

}  // namespace hogwild::app
