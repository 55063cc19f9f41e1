#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

/// What the forms of a model with one output and of one with several have in common.
namespace hogwild::app {

/// A file of NumPy's format 1.0.
/// @param type    such as "<f8". @param shape  as Python writes a tuple.
/// @param values  their bytes, in the machine's order.
std::string npy(const std::string& type, const std::string& shape,
                std::span<const std::byte> values);

/// LIBLINEAR's name of a solver that makes such models. The loss decides whether liblinear-predict
/// gives probabilities; decisions are the same.
const char* solver_of(const std::string& loss);

/// The lines of LIBLINEAR's model before its weights.
/// @param classes  their number, "label" and the labels.
void append_liblinear_heading(std::string& text, std::string_view classes, std::string_view solver,
                              std::int64_t features, bool has_bias);

}  // namespace hogwild::app
