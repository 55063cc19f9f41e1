#pragma once
#include <string>

#include "cli/option_parser.hpp"
#include "data/enum_names.hpp"

namespace hogwild::app {

/// Of an exported model.
enum class ExportFormat { tsv, liblinear, vw, npz };

struct ExportOptions {
    std::string model;
    std::string output;
    std::string feature_names;
    std::string category;  ///< of a model with several; empty: all of them
    ExportFormat format = ExportFormat::tsv;
    bool force = false;
};

/// The options of export, which parsing stores in `o`.
po::options_description export_options(ExportOptions& o);

}  // namespace hogwild::app

template <>
struct hogwild::data::EnumTable<hogwild::app::ExportFormat> {
    using ExportFormat = app::ExportFormat;
    static constexpr EnumName<ExportFormat> kRows[] = {{ExportFormat::tsv, "tsv"},
                                                       {ExportFormat::liblinear, "liblinear"},
                                                       {ExportFormat::vw, "vw"},
                                                       {ExportFormat::npz, "npz"}};
};
