#pragma once
#include <boost/program_options.hpp>
#include <optional>
#include <string>

#include "convert/labels.hpp"
#include "io/matrix/label_column.hpp"

namespace hogwild::tools {

/// What a user says of labels, as it is given.
struct GivenLabelOptions {
    std::optional<std::string> positive;
    std::string zero_label;
    bool skip_unlabelled = false;
};

/// --positive, --zero-label, --skip-unlabelled.
void add_label_options(boost::program_options::options_description& options,
                       GivenLabelOptions& given);
/// For labels that are numbers. @throws Error (usage).
LabelOptions label_options(const GivenLabelOptions& given);
/// For labels of a table: words unless all are numbers. Words are numbered in alphabetical order,
/// and their numbers are put into the column, so that it holds labels as svmlight text does.
/// @param lists  numbers with commas between them are lists of classes; else such a label is a
///               word as others.
/// @throws Error (usage).
LabelOptions label_options(const GivenLabelOptions& given, io::LabelColumn& column, bool lists);
/// Whether labels of a table are numbers, some with commas between them, as lists of classes are.
bool could_be_lists(const io::LabelColumn& column);

}  // namespace hogwild::tools
