#include "io/model_file.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <span>

#include "data/error.hpp"
#include "io/hdf5.hpp"

namespace hogwild::io {
namespace {

constexpr const char* kSchema = "hogwild.model";
constexpr std::int64_t kVersion = 1;
constexpr const char* kMetricPrefix = "metric_";

void write_array(const h5::Handle& file, const std::string& name, std::span<const double> values) {
    const auto chunk = std::clamp<std::int64_t>(std::ssize(values), 1, 1 << 16);
    h5::GrowingDataset dataset(file, name, h5::ElementType<double>::file_type(), chunk, false);
    dataset.append(values);
    dataset.close();
}

std::vector<double> read_array(const h5::Handle& file, const std::string& name) {
    const h5::ReadDataset dataset(file, name, h5::ReadDataset::Kind::real);
    std::vector<double> values(static_cast<std::size_t>(dataset.length()));
    dataset.read(0, std::span<double>(values));
    if (!std::ranges::all_of(values, [](double v) { return std::isfinite(v); })) {
        throw Error(ExitCode::bad_data,
                    dataset.handle().what() + " holds a value that is not finite");
    }
    return values;
}

void write_isotonic(const h5::Handle& file, const Model::Isotonic& isotonic) {
    write_array(file, "isotonic_scores", isotonic.scores);
    write_array(file, "isotonic_probabilities", isotonic.probabilities);
}

std::optional<Model::Isotonic> read_isotonic(const h5::Handle& file, const std::string& path) {
    if (!h5::has_link(file, "isotonic_scores")) return std::nullopt;
    Model::Isotonic isotonic{read_array(file, "isotonic_scores"),
                             read_array(file, "isotonic_probabilities")};
    const auto& [scores, probabilities] = isotonic;
    const bool sound = !scores.empty() && scores.size() == probabilities.size() &&
                       std::ranges::adjacent_find(scores, std::greater_equal<>{}) == scores.end() &&
                       std::ranges::is_sorted(probabilities) && probabilities.front() >= 0.0 &&
                       probabilities.back() <= 1.0;
    if (sound) return isotonic;
    throw Error(ExitCode::bad_data,
                path + ": /isotonic_scores and /isotonic_probabilities are no rising function");
}

double read_finite(const h5::Handle& file, const std::string& path, const std::string& name) {
    const double value = h5::read_real(file, name);
    if (std::isfinite(value)) return value;
    throw Error(ExitCode::bad_data, path + ": attribute " + name + " is not finite");
}

void write_attributes(const h5::Handle& file, const Model& m) {
    h5::write_attribute(file, "schema", kSchema);
    h5::write_attribute(file, "version", kVersion);
    h5::write_attribute(file, "feature_id_base", m.feature_id_base);
    h5::write_attribute(file, "category", m.category);
    if (!m.positive_label.empty()) {
        h5::write_attribute(file, "positive_label", m.positive_label);
    }
    if (m.normalization) {
        h5::write_attribute(file, "normalization", data::name_of(*m.normalization));
    }
    h5::write_attribute(file, "loss", m.loss);
    h5::write_attribute(file, "regularizer", m.regularizer);
    h5::write_attribute(file, "lambda", m.lambda);
    h5::write_attribute(file, "class_weight_positive", m.class_weights[0]);
    h5::write_attribute(file, "class_weight_negative", m.class_weights[1]);
    h5::write_attribute(file, "strategy", m.strategy);
    h5::write_attribute(file, "ranks", m.ranks);
    h5::write_attribute(file, "seed", m.seed);
    h5::write_attribute(file, "precision", m.precision);
    h5::write_attribute(file, "options", m.options);
    h5::write_attribute(file, "dataset_digests", m.dataset_digests);
    h5::write_attribute(file, "program", m.program);
    if (!m.warnings.empty()) h5::write_attribute(file, "warnings", m.warnings);
    h5::write_attribute(file, "threshold", m.threshold);
    if (m.platt) {
        h5::write_attribute(file, "platt_a", m.platt->a);
        h5::write_attribute(file, "platt_b", m.platt->b);
    }
    std::vector<std::string> names;
    for (const auto& [name, value] : m.metrics) {
        names.push_back(name);
        h5::write_attribute(file, kMetricPrefix + name, value);
    }
    h5::write_attribute(file, "metrics", names);
    h5::write_attribute(file, "complete", std::int64_t{1});
}

}  // namespace

void write_model(PendingFile& pending, const Model& model) {
    h5::Handle file = h5::create_file(pending.temporary_path());
    write_array(file, "weights", model.weights);
    write_array(file, "bias", std::span(&model.bias, 1));
    if (model.isotonic) write_isotonic(file, *model.isotonic);
    if (!model.classes.empty()) h5::write_strings(file, "classes", model.classes);
    write_attributes(file, model);
    file.close();
    // A full disk may show only here, so the file is read back and compared.
    const Model back = read_model(pending.temporary_path());
    if (back.weights != model.weights || back.bias != model.bias ||
        back.isotonic != model.isotonic) {
        throw Error(ExitCode::io, pending.final_path() + ": what was written does not read back");
    }
    pending.commit();
}

Model read_model(const std::string& path) {
    const h5::Handle file = h5::open_file(path);
    if (!h5::has_attribute(file, "schema") || h5::read_string(file, "schema") != kSchema) {
        throw Error(ExitCode::bad_data, path + ": is not a hogwild model");
    }
    if (const std::int64_t version = h5::read_integer(file, "version"); version != kVersion) {
        throw Error(ExitCode::bad_data, path + ": model version " + std::to_string(version) +
                                            "; this program reads version " +
                                            std::to_string(kVersion));
    }
    if (!h5::has_attribute(file, "complete")) {
        throw Error(ExitCode::bad_data, path + ": was never completed; train again");
    }
    Model m;
    m.weights = read_array(file, "weights");
    const std::vector<double> bias = read_array(file, "bias");
    if (bias.size() != 1) throw Error(ExitCode::bad_data, path + ": /bias is not one number");
    m.bias = bias.front();
    if (h5::has_attribute(file, "feature_id_base")) {  // older models have none
        m.feature_id_base = h5::read_integer(file, "feature_id_base");
    }
    m.category = h5::read_string(file, "category");
    if (h5::has_attribute(file, "positive_label")) {
        m.positive_label = h5::read_string(file, "positive_label");
    }
    if (h5::has_attribute(file, "normalization")) {
        m.normalization = data::read_norm(h5::read_string(file, "normalization"), path);
    }
    if (h5::has_link(file, "classes")) {  // older models have none
        m.classes =
            h5::ReadDataset(file, "classes", h5::ReadDataset::Kind::string).read_all_strings();
    }
    m.loss = h5::read_string(file, "loss");
    m.regularizer = h5::read_string(file, "regularizer");
    m.lambda = h5::read_real(file, "lambda");
    if (h5::has_attribute(file, "class_weight_positive")) {  // older models have none
        m.class_weights = {h5::read_real(file, "class_weight_positive"),
                           h5::read_real(file, "class_weight_negative")};
    }
    m.strategy = h5::read_string(file, "strategy");
    m.ranks = h5::read_integer(file, "ranks");
    m.seed = h5::read_integer(file, "seed");
    m.precision = h5::read_string(file, "precision");
    m.options = h5::read_string(file, "options");
    m.dataset_digests = h5::read_strings(file, "dataset_digests");
    m.program = h5::read_string(file, "program");
    if (h5::has_attribute(file, "warnings")) m.warnings = h5::read_strings(file, "warnings");
    if (h5::has_attribute(file, "threshold")) {  // older models have none
        m.threshold = read_finite(file, path, "threshold");
    }
    if (h5::has_attribute(file, "platt_a")) {
        m.platt = {read_finite(file, path, "platt_a"), read_finite(file, path, "platt_b")};
    }
    m.isotonic = read_isotonic(file, path);
    for (const std::string& name : h5::read_strings(file, "metrics")) {
        m.metrics[name] = h5::read_real(file, kMetricPrefix + name);
    }
    return m;
}

}  // namespace hogwild::io
