#include "train/regularization/plan.hpp"

#include <cassert>

#include "mpi/collectives.hpp"

namespace hogwild::train {
namespace {

using model::Regularizer;
using Form = RegularizationPlan::Form;

Form choose(const model::Objective& objective, bool aggregated, Precision precision,
            model::TrainingRows::Layout layout) {
    const bool l2 = objective.regularizer == Regularizer::l2;
    const bool by_document = layout != model::TrainingRows::Layout::plain;
    if (objective.regularizer == Regularizer::none) return Form::none;
    if (!aggregated && !l2) return Form::gradient;
    if (aggregated && l2 && by_document) {
        return objective.lambda > 0.0 ? Form::common_scale : Form::none;
    }
    // One factor per batch lies below float's resolution.
    if (!aggregated && precision == Precision::double_) return Form::every_batch;
    return Form::at_intervals;
}

/// The mean effect of the regularizer on each weight, per document and learning rate.
std::vector<double> mean_rates(const model::Objective& objective, const OwnDocuments& documents,
                               std::int64_t n, MPI_Comm comm) {
    assert(objective.shape.outputs == 1);
    const auto bias = static_cast<std::uint32_t>(objective.shape.bias());
    std::vector<double> rates(objective.shape.size());
    const bool by_document_degree = objective.regularizer == Regularizer::seed;
    const model::ClassWeights step_weights = objective.step_weights;
    const auto add_block = [&](const data::Rows& block) {
        for (std::int64_t i = 0; i < block.size(); ++i) {
            const data::SparseRow x = block.row(i);
            const double inverse_length = step_weights.of(block.label(i)) *
                                          static_cast<double>(block.weight(i)) *
                                          objective.inverse_length(x);
            const auto add = [&](std::uint32_t u) {
                rates[u] += by_document_degree ? inverse_length : objective.inverse_degree[u];
            };
            for (const std::uint32_t u : x.index) add(u);
            if (objective.bias) add(bias);
        }
    };
    documents.for_each_part([&](const model::TrainingRows& rows, std::int64_t /*first*/) {
        rows.for_each_block(add_block);
    });
    mpi::sum_in_rank_order(comm, rates);
    for (double& rate : rates) rate *= 2.0 * objective.lambda / static_cast<double>(n);
    return rates;
}

}  // namespace

RegularizationPlan::RegularizationPlan(const model::Objective& objective, bool aggregated,
                                       Precision precision, const OwnDocuments& documents,
                                       std::int64_t n, MPI_Comm comm)
    : form_(choose(objective, aggregated, precision, documents.layout())),
      exponential_(aggregated) {
    if (form_ == Form::none || form_ == Form::gradient) return;
    if (objective.regularizer == Regularizer::l2) {
        rates_ = {objective.lambda};
    } else {
        rates_ = mean_rates(objective, documents, n, comm);
    }
}

const char* RegularizationPlan::description() const noexcept {
    switch (form_) {
        case Form::none:
            break;
        case Form::gradient:
            return "in the gradient";
        case Form::every_batch:
            return "weight decay with every batch";
        case Form::at_intervals:
            return "weight decay at intervals";
        case Form::common_scale:
            return "common scale of the weights";
    }
    return "none";
}

}  // namespace hogwild::train
