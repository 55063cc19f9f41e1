#include "app/predict/category_scorer.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "app/common/memory.hpp"
#include "app/common/run_collectively.hpp"
#include "io/model_reader.hpp"

namespace hogwild::app {
namespace {

/// Copies the rows of the file, and that of the bias behind a row of zeros, see
/// model::in_listed_numbering().
void fill(const io::ModelReader& reader, std::span<float> matrix) {
    const io::Model& model = reader.model();
    const std::size_t outputs = model.outputs.size();
    const std::size_t stride = model::row_stride(outputs);
    reader.for_each_block([&](std::int64_t first, std::span<const float> rows) {
        for (std::size_t row = 0; row * outputs < rows.size(); ++row) {
            const auto to = (static_cast<std::size_t>(first) + row) * stride;
            std::ranges::copy(rows.subspan(row * outputs, outputs),
                              matrix.subspan(to, outputs).begin());
        }
    });
    for (std::size_t o = 0; o < outputs; ++o) {
        matrix[matrix.size() - stride + o] = static_cast<float>(model.outputs[o].bias);
    }
}

}  // namespace

io::Labelling any_labels(const io::Dataset& dataset) {
    if (dataset.header().has_topics) return {.topic = 0, .may_be_missing = true};
    return {.topic = std::nullopt, .may_be_missing = true};
}

void check_scores(std::span<const float> scores, const std::string& data, std::int64_t id) {
    if (std::ranges::all_of(scores, [](float z) { return std::isfinite(z); })) return;
    throw Error(ExitCode::bad_data, data + ": document " + std::to_string(id) +
                                        " has a score that is not finite: its values, or the "
                                        "weights, are too large");
}

CategoryScorer::CategoryScorer(const PredictOptions& options, const mpi::Communicators& comms) {
    std::optional<io::ModelReader> reader;
    std::size_t size = 0;
    run_collectively(comms.world(), [&] {
        reader.emplace(options.model);
        origin_ = reader->model();
        columns_ = data::FeatureSet(origin_.columns);
        model_.objective.shape = {columns_.size() + 1, origin_.outputs.size()};
        model_.objective.regularizer = model::Regularizer::none;
        for (const io::ModelOutput& output : origin_.outputs) {
            model_.outputs.push_back({.threshold = options.threshold.value_or(output.threshold)});
        }
        model_.decision = origin_.decision;
        size = model_.objective.shape.inputs() * model_.stride();
        check_shared_memory(mpi::SharedWindow<float>::bytes(size));
    });
    window_ = mpi::SharedWindow<float>(comms.group(), size);
    run_collectively(comms.world(), [&] {
        if (comms.is_leader()) fill(*reader, window_.span());
    });
    window_.sync();
    model_.weights = window_.span();
    weighted_.resize(model_.objective.shape.features);
    for (std::size_t u = 0; u < weighted_.size(); ++u) {
        const auto is_zero = [](float w) { return w == 0.0F; };
        weighted_[u] = std::ranges::all_of(model_.row(u), is_zero) ? 0.0 : 1.0;
    }
}

}  // namespace hogwild::app
