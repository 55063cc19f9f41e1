#pragma once
#include <string>
#include <vector>

#include "convert/convert.hpp"
#include "convert/labels.hpp"

namespace hogwild::tools {

/// SVMlight or Vowpal Wabbit texts that become one dataset.
struct SvmlightConversion {
    std::vector<std::string> inputs;  ///< paths; `-` is the standard input
    FirstId first_id = FirstId::one;
    LabelOptions labels;
    OutputOptions output;
    std::string weights = {};  ///< path of a file of weights, see WeightFile; empty: none
};

/// Converts the texts, whose documents are numbered from 1 on.
/// @return what people should know of the text and its labels: sentences.
/// @throws Error: no_input; bad_data, with file, line and column where they are known;
///         cannot_create; io.
std::vector<std::string> convert_svmlight(const SvmlightConversion& texts);

}  // namespace hogwild::tools
