#include "app/train/run_records.hpp"

#include <utility>

#include "app/common/placement_report.hpp"
#include "data/version.hpp"
#include "io/run_log.hpp"
#include "mpi/environment.hpp"

namespace hogwild::app {

using Json = nlohmann::ordered_json;

Json start_json(const TrainOptions& options, const mpi::Communicators& comms,
                const TrainingTask& task, const std::vector<mpi::Placement>& placements) {
    const auto scaling =
        task.scales_features() ? model::FeatureScaling::rms : model::FeatureScaling::none;
    return {{"event", "start"},
            {"schema", io::RunLog::kSchema},
            {"schema_version", io::RunLog::kSchemaVersion},
            {"program", data::program_version()},
            {"compiler", data::compiler_description()},
            {"mpi", mpi::library_version()},
            {"host", mpi::host_name()},
            {"ranks", comms.size()},
            {"workers", task.workers},
            {"nodes", comms.nodes()},
            {"replicas", comms.replicas()},
            {"placement", placement_json(placements)},
            {"options", options.effective_json()},
            {"dataset_digests", task.digests()},
            {"stage", task.staged},
            {"rows", data::name_of(task.stream ? RowStorage::stream : RowStorage::memory)},
            {"stream_window", task.stream ? Json(task.stream->order().window_size()) : Json()},
            {"features", task.features()},
            {"occurring_features", task.columns().size()},
            {"initial_model", options.initial_model.empty() ? Json() : Json(options.initial_model)},
            {"training_documents", task.data.training_documents},
            {"training_positives", task.data.training_positives},
            {"validation_documents", task.data.validation_documents},
            {"class_weights",
             {{"positive", task.model.objective.class_weights.positive},
              {"negative", task.model.objective.class_weights.negative}}},
            {"document_weights", task.source->dataset.header().has_weights},
            {"lambda", task.model.objective.lambda},
            {"feature_scaling", data::name_of(scaling)},
            {"batch_size", task.batch_size()},
            {"evaluate_every", task.evaluate_every},
            {"decision", task.labels ? Json(data::name_of(options.decision())) : Json()},
            {"categories", task.labels ? Json(task.labels->categories) : Json()},
            {"skipped_categories", task.labels ? Json(task.labels->skipped) : Json()},
            {"learning_rate", task.strategy().is_dual ? Json() : Json(task.learning_rate)},
            {"hot_features", task.hot_head_plan.size},
            {"merge_every",
             task.hot_head_plan.size > 0 ? Json(task.hot_head_plan.merge_every) : Json()}};
}

namespace {

/// All that does not depend on the number of outputs.
io::Model origin_of_model(const TrainOptions& options, const mpi::Communicators& comms,
                          const TrainingTask& task, const Result& result) {
    io::Model m;
    m.features = task.features();
    m.columns = task.columns().members();
    m.feature_id_base = task.source->dataset.header().feature_id_base;
    m.category = options.category;
    m.positive_label = task.source->dataset.header().positive_label;
    m.normalization = task.source->dataset.normalization();
    m.idf = task.idf;
    m.classes = task.source->dataset.header().topics;
    m.loss = data::name_of(options.loss);
    m.regularizer = data::name_of(options.regularizer);
    m.strategy = options.strategy->name;
    m.ranks = comms.size();
    m.seed = options.seed;
    m.precision = data::name_of(options.precision);
    m.options = options.effective_ini();
    m.dataset_digests = task.digests();
    m.program = data::program_version();
    m.warnings = result.warnings;
    const Json json = result_json(result);
    for (const char* name :
         {"train_objective", "train_accuracy", "validation_objective", "validation_accuracy",
          "test_objective", "test_accuracy", "test_micro_f1", "test_macro_f1", "primal_objective",
          "dual_objective", "duality_gap"}) {
        if (json.contains(name) && json[name].is_number()) {
            m.metrics[name] = json[name].get<double>();
        }
    }
    return m;
}

}  // namespace

io::Model trained_model(const TrainOptions& options, const mpi::Communicators& comms,
                        const TrainingTask& task, const Result& result,
                        model::LinearModel<data::Numbering::listed> trained) {
    io::Model m = origin_of_model(options, comms, task, result);
    m.bias = trained.weights.back();
    m.weights = std::move(trained.weights);
    m.weights.resize(m.columns.size());
    m.lambda = trained.objective.lambda;
    m.class_weights = {trained.objective.class_weights.positive,
                       trained.objective.class_weights.negative};
    m.threshold = trained.threshold;
    if (result.platt) m.platt = {result.platt->a, result.platt->b};
    if (result.isotonic) m.isotonic = {result.isotonic->scores, result.isotonic->probabilities};
    return m;
}

io::Model trained_model(const TrainOptions& options, const mpi::Communicators& comms,
                        const TrainingTask& task, const Result& result,
                        const model::PaddedMatrix& rows) {
    io::Model m = origin_of_model(options, comms, task, result);
    m.decision = options.decision();
    const CategoryResults& all = *result.categories;
    const std::size_t n = all.outputs.size();
    const std::size_t stride = model::row_stride(n);
    for (std::size_t o = 0; o < n; ++o) {
        const auto& [lambda, class_weights, threshold] = all.outputs[o];
        m.outputs.push_back({all.names[o],
                             static_cast<double>(rows[rows.size() - stride + o]),
                             threshold,
                             lambda,
                             {class_weights.positive, class_weights.negative},
                             all.positives[o]});
    }
    m.matrix.reserve(m.columns.size() * n);
    for (std::size_t u = 0; u < m.columns.size(); ++u) {
        const auto row = rows.begin() + static_cast<std::ptrdiff_t>(u * stride);
        m.matrix.insert(m.matrix.end(), row, row + static_cast<std::ptrdiff_t>(n));
    }
    return m;
}

}  // namespace hogwild::app
