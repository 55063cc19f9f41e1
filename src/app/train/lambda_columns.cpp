/// What TrainingTask does where runs that differ in lambda alone are trained together.
#include <algorithm>

#include "app/common/memory.hpp"
#include "app/common/run_collectively.hpp"
#include "app/train/training_task.hpp"
#include "model/matrix_kernels.hpp"
#include "mpi/collectives.hpp"
#include "mpi/shared_memory.hpp"
#include "mpi/topology.hpp"

namespace hogwild::app {
namespace {

/// Where they do not, what is saved by reading the documents once is lost again
/// (docs/design/037-all-outputs-at-once.md).
/// @param bytes  of a weight matrix. @param matrices  on this host.
bool fit_into_caches(std::uint64_t bytes, int matrices) {
    const auto [size, number] = mpi::Topology::of_this_machine().last_level_caches();
    if (number == 0) return true;  // nothing is known of them
    const int in_each = (matrices + number - 1) / number;
    return static_cast<std::uint64_t>(in_each) * bytes <= static_cast<std::uint64_t>(size);
}

}  // namespace

std::uint64_t TrainingTask::matrix_bytes(const model::WeightShape& shape) const {
    const std::size_t bytes_of_one =
        options_.precision == train::Precision::bfloat16 ? sizeof(model::Bfloat16) : sizeof(float);
    return shape.features * model::row_stride(shape.outputs) * bytes_of_one;
}

std::size_t TrainingTask::lambdas_that_fit(std::size_t most, int ranks_on_host) const {
    std::size_t n = most;
    run_collectively(world(), [&] {
        const std::size_t categories = source->categories.size();
        n = std::min(n, data::LabelSets::kMostOutputs / categories);
        const model::WeightShape one{features_.size(), categories};
        // of each weight a float that is trained, and a double in the columns and of its run
        const auto bytes =
            static_cast<std::int64_t>((sizeof(float) + 2 * sizeof(double)) * one.size());
        // beside the memory that one run needs, see check_memory_needed()
        const std::int64_t available =
            std::min(available_to_process(), available_on_node() / ranks_on_host);
        const std::int64_t left = available / 2 - bytes;
        n = std::min(n, static_cast<std::size_t>(std::max<std::int64_t>(left, 0) / bytes));
        // where ranks divide categories, their matrices are together as large as one of all
        const int groups = ranks_on_host / comms_.group_size();
        const auto fits = [&](std::size_t k) {
            const std::uint64_t shared = shared_bytes({one.features, k * categories});
            return static_cast<std::uint64_t>(groups) * shared <= mpi::shared_memory_free() / 2 &&
                   fit_into_caches(matrix_bytes({one.features, k * categories}), groups);
        };
        while (n > 1 && !fits(n)) --n;
        n = std::max<std::size_t>(n, 1);
    });
    return most - static_cast<std::size_t>(mpi::max(world(), static_cast<std::int64_t>(most - n)));
}

void TrainingTask::make_columns() {
    const std::size_t n = lambdas.size();
    columns_.emplace(Columns{model.objective, {outputs.labels.repeated(n), {}}});
    model::Objective& objective = columns_->objective;
    objective.shape.outputs *= n;
    objective.lambda = 0.0;
    for (std::size_t o = 0; o < outputs.settings.size(); ++o) {
        train::OutputSetting setting = outputs.settings[o];
        for (const double lambda : lambdas) {
            setting.lambda = setting_of(o).lambda.value_or(lambda);
            objective.lambda = std::max(objective.lambda, setting.lambda);
            columns_->outputs.settings.push_back(setting);
        }
    }
}

/// In one pass: a pass for each lambda would read all of the columns each time.
void TrainingTask::divide_columns(std::span<const double> columns,
                                  std::vector<std::vector<double>>& by_lambda) const {
    const std::size_t n = lambdas.size();
    by_lambda.resize(n);
    for (std::vector<double>& weights : by_lambda) weights.resize(model.objective.shape.size());
    for (std::size_t w = 0; w < model.objective.shape.size(); ++w) {
        for (std::size_t k = 0; k < n; ++k) by_lambda[k][w] = columns[w * n + k];
    }
}

void TrainingTask::swap_run(std::size_t k, std::vector<double>& weights) {
    set_output_lambdas(std::vector<double>(outputs.settings.size(), lambdas[k]));
    model.weights.swap(weights);
}

const model::Objective& TrainingTask::trained_objective() const {
    return columns_ ? columns_->objective : model.objective;
}

const train::Outputs& TrainingTask::trained_outputs() const {
    return columns_ ? columns_->outputs : outputs;
}

}  // namespace hogwild::app
