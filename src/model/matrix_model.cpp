#include "model/matrix_model.hpp"

#include <algorithm>

#include "model/linear_model.hpp"

namespace hogwild::model {

PaddedMatrix padded(std::span<const double> weights, const WeightShape& shape) {
    assert(weights.size() == shape.size());
    const std::size_t stride = row_stride(shape.outputs);
    PaddedMatrix matrix(shape.inputs() * stride);
    for (std::size_t u = 0; u < shape.inputs(); ++u) {
        std::ranges::transform(weights.subspan(u * shape.outputs, shape.outputs),
                               matrix.begin() + static_cast<std::ptrdiff_t>(u * stride),
                               [](double weight) { return static_cast<float>(weight); });
    }
    return matrix;
}

MatrixModel<data::Numbering::listed> in_listed_numbering(
    const MatrixModel<data::Numbering::training>& model, const data::FeatureOrder& order,
    PaddedMatrix& memory) {
    MatrixModel<data::Numbering::listed> out{
        in_listed_numbering(model.objective, order), {}, model.outputs, model.decision};
    const std::size_t stride = out.stride();
    memory.assign(out.objective.shape.inputs() * stride, 0.0F);
    const auto copy = [&](std::size_t from, std::size_t to) {
        std::ranges::copy(model.row(from),
                          memory.begin() + static_cast<std::ptrdiff_t>(to * stride));
    };
    const std::size_t features = model.objective.shape.features;
    for (std::size_t place = 0; place < features; ++place) {
        copy(order(static_cast<std::uint32_t>(place)), place);
    }
    copy(features, out.objective.shape.features);  // the bias; features not seen weigh nothing
    out.weights = memory;
    return out;
}

}  // namespace hogwild::model
