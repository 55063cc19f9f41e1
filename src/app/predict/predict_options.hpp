#pragma once
#include <optional>
#include <string>

#include "cli/option_parser.hpp"
#include "data/enum_names.hpp"
#include "data/normalize.hpp"

namespace hogwild::app {

/// Of the lines of scores.
enum class LineOrder { text, file, id };

}  // namespace hogwild::app

template <>
struct hogwild::data::EnumTable<hogwild::app::LineOrder> {
    using LineOrder = app::LineOrder;
    static constexpr EnumName<LineOrder> kRows[] = {
        {LineOrder::text, "text"}, {LineOrder::file, "file"}, {LineOrder::id, "id"}};
};

namespace hogwild::app {

struct PredictOptions {
    std::string model;
    std::string data;   ///< dataset; empty: there is a text
    std::string input;  ///< text
    std::string output;
    std::string confusion_table;  ///< CSV, of models of classes
    std::string matrix;           ///< HDF5, in place of the output
    std::string category;
    std::string stage;
    LineOrder order = LineOrder::text;
    bool probability = false;
    std::optional<double> threshold;      ///< empty: the model's
    std::optional<data::Norm> normalize;  ///< of a text; empty: as the model's training data
    bool quiet = false;
    bool force = false;
};

/// The options of predict, which parsing stores in `o`.
po::options_description predict_options(PredictOptions& o);
/// @throws Error: usage unless there is one source of documents, with the options that are for it.
void check_predict_options(const PredictOptions& o);

}  // namespace hogwild::app
