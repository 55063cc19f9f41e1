#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "app/predict/predict_options.hpp"
#include "io/model_file.hpp"
#include "model/matrix_evaluation.hpp"

namespace hogwild::app {

/// For people: how many documents were scored by a model of several outputs, and how the labels
/// agree where they are known. @param metrics  empty: they are not.
std::string category_result_text(std::int64_t documents, const io::Model& model,
                                 const std::optional<model::MatrixMetrics>& metrics);

/// Refuses options that this model makes no sense of. @throws Error: usage.
void check_category_options(const PredictOptions& options, const io::Model& model);

/// @param data  name of what was scored, whose labels are not known.
/// @throws Error: bad_data if --confusion-table asks for them.
void check_no_confusion(const PredictOptions& options, const std::string& data);

/// Writes --confusion-table, if it is asked for. @throws Error: cannot_create, io.
void write_confusion(const PredictOptions& options, const io::Model& model,
                     const model::MatrixMetrics& metrics);

}  // namespace hogwild::app
