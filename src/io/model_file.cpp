#include "io/model_file.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <span>
#include <type_traits>
#include <utility>

#include "data/error.hpp"
#include "data/feature_counts.hpp"
#include "io/dataset_header.hpp"
#include "io/hdf5_arrays.hpp"
#include "io/hdf5_matrices.hpp"
#include "io/idf_store.hpp"
#include "io/model_outputs.hpp"

namespace hogwild::io {
namespace {

constexpr const char* kSchema = "hogwild.model";
constexpr std::int64_t kAllColumns = 1;      ///< version of files with a weight for every column
constexpr std::int64_t kListedColumns = 2;   ///< version of files that list the columns
constexpr std::int64_t kSeveralOutputs = 3;  ///< of files with a matrix; lists the columns
constexpr const char* kMetricPrefix = "metric_";
constexpr std::size_t kBlock = std::size_t{1} << 16;  // values

/// Models of up to 1 MB stay readable by programs that know version 1 alone.
bool lists_columns(const Model& m) {
    constexpr std::int64_t kManyFeatures = 131072;
    const bool few =
        m.features > kManyFeatures && data::stores_occurring(m.columns.size(), m.features);
    return few || !m.outputs.empty();
}

std::int64_t version_of(const Model& m) {
    if (!m.outputs.empty()) return kSeveralOutputs;
    return lists_columns(m) ? kListedColumns : kAllColumns;
}

/// Hands out the weights as a file stores them, in blocks: of the listed columns, or of all.
template <class Take>
void for_each_block(const Model& m, const Take& take) {
    std::vector<double> block;
    std::size_t next = 0;  // weight
    const auto stored = lists_columns(m) ? std::ssize(m.weights) : m.features;
    for (std::int64_t first = 0; first < stored; first += std::ssize(block)) {
        const auto end = std::min(first + static_cast<std::int64_t>(kBlock), stored);
        block.assign(static_cast<std::size_t>(end - first), 0.0);
        const auto place_of = [&](std::size_t k) {
            return lists_columns(m) ? static_cast<std::int64_t>(k) : std::int64_t{m.columns[k]};
        };
        for (; next < m.weights.size() && place_of(next) < end; ++next) {
            block[static_cast<std::size_t>(place_of(next) - first)] = m.weights[next];
        }
        take(std::span<const double>(block));
    }
}

void write_weights(const h5::Handle& file, const Model& m) {
    if (lists_columns(m)) {
        h5::write_array(file, "columns", std::span<const std::uint32_t>(m.columns));
        h5::write_attribute(file, "features", m.features);
    }
    if (!m.outputs.empty()) {
        write_outputs(file, m);
        return;
    }
    auto weights = h5::create_array<double>(file, "weights",
                                            lists_columns(m) ? std::ssize(m.weights) : m.features);
    for_each_block(m, [&](std::span<const double> block) { weights.append(block); });
    weights.close();
    h5::write_array(file, "bias", std::span(&m.bias, 1));
}

void write_isotonic(const h5::Handle& file, const Model::Isotonic& isotonic) {
    h5::write_array(file, "isotonic_scores", std::span<const double>(isotonic.scores));
    h5::write_array(file, "isotonic_probabilities",
                    std::span<const double>(isotonic.probabilities));
}

std::optional<Model::Isotonic> read_isotonic(const h5::Handle& file, const std::string& path) {
    if (!h5::has_link(file, "isotonic_scores")) return std::nullopt;
    Model::Isotonic isotonic{h5::read_reals(file, "isotonic_scores"),
                             h5::read_reals(file, "isotonic_probabilities")};
    const auto& [scores, probabilities] = isotonic;
    const bool sound = !scores.empty() && scores.size() == probabilities.size() &&
                       std::ranges::adjacent_find(scores, std::greater_equal<>{}) == scores.end() &&
                       std::ranges::is_sorted(probabilities) && probabilities.front() >= 0.0 &&
                       probabilities.back() <= 1.0;
    if (sound) return isotonic;
    throw Error(ExitCode::bad_data,
                path + ": /isotonic_scores and /isotonic_probabilities are no rising function");
}

/// @param weights  for how many columns there are weights.
/// @throws Error: bad_data unless the columns are as many, ascend and are below `features`.
void read_columns(const h5::Handle& file, const std::string& path, std::int64_t weights, Model& m) {
    m.features = h5::read_integer(file, "features");
    m.columns = h5::read_columns(file, "columns");
    if (std::ssize(m.columns) != weights) {
        throw Error(ExitCode::bad_data, path + ": has " + std::to_string(weights) +
                                            " weights for " + std::to_string(m.columns.size()) +
                                            " columns");
    }
    const bool ascending =
        std::ranges::adjacent_find(m.columns, std::greater_equal<>()) == m.columns.end();
    if (!ascending || m.features < 0 || m.features > kMostFeatures ||
        (!m.columns.empty() && m.columns.back() >= m.features)) {
        throw Error(ExitCode::bad_data, path + ": /columns do not ascend, or exceed the features");
    }
}

/// @throws Error: bad_data unless the file is a complete model of a version that can be read.
std::int64_t read_version(const h5::Handle& file, const std::string& path) {
    if (!h5::has_attribute(file, "schema") || h5::read_string(file, "schema") != kSchema) {
        throw Error(ExitCode::bad_data, path + ": is not a hogwild model");
    }
    const std::int64_t version = h5::read_integer(file, "version");
    if (version < kAllColumns || version > kSeveralOutputs) {
        throw Error(ExitCode::bad_data, path + ": model version " + std::to_string(version) +
                                            "; this program reads versions 1 to 3");
    }
    if (!h5::has_attribute(file, "complete")) {
        throw Error(ExitCode::bad_data, path + ": was never completed; train again");
    }
    return version;
}

/// All but the matrix. @throws Error: bad_data unless it has a weight for every column and output.
void read_all_outputs(const h5::Handle& file, const std::string& path, Model& m) {
    m.outputs = read_outputs(file, path);
    m.decision = read_decision(file, path);
    const h5::ReadMatrix matrix(file, "weights");
    if (matrix.columns() != std::ssize(m.outputs)) {
        throw Error(ExitCode::bad_data, path + ": has weights of " +
                                            std::to_string(matrix.columns()) + " outputs for " +
                                            std::to_string(m.outputs.size()) + " categories");
    }
    read_columns(file, path, matrix.rows(), m);
}

void read_weights(const h5::Handle& file, const std::string& path, std::int64_t version, Model& m) {
    if (version == kSeveralOutputs) {
        read_all_outputs(file, path, m);
        return;
    }
    m.weights = h5::read_reals(file, "weights");
    if (std::ssize(m.weights) > kMostFeatures) {
        throw Error(ExitCode::bad_data, path + ": has more weights than data can have features");
    }
    if (version == kListedColumns) {
        read_columns(file, path, std::ssize(m.weights), m);
    } else {
        m.set_all_weights(std::move(m.weights));
    }
    const std::vector<double> bias = h5::read_reals(file, "bias");
    if (bias.size() != 1) throw Error(ExitCode::bad_data, path + ": /bias is not one number");
    m.bias = bias.front();
}

double read_finite(const h5::Handle& file, const std::string& path, const std::string& name) {
    const double value = h5::read_real(file, name);
    if (std::isfinite(value)) return value;
    throw Error(ExitCode::bad_data, path + ": attribute " + name + " is not finite");
}

void write_attributes(const h5::Handle& file, const Model& m) {
    h5::write_attribute(file, "schema", kSchema);
    h5::write_attribute(file, "version", version_of(m));
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

/// Whether a file holds the model's numbers, read block by block: no second model in memory.
bool reads_back(const std::string& path, const Model& model) {
    const h5::Handle file = h5::open_file(path);
    const auto equals = [&]<class T>(const h5::ReadDataset& dataset, std::int64_t first,
                                     std::span<const T> values) {
        std::vector<T> back(values.size());
        if (dataset.length() < first + std::ssize(values)) return false;
        dataset.read(first, std::span<T>(back));
        if constexpr (std::is_same_v<T, double>) h5::check_finite(dataset, back);
        return std::ranges::equal(back, values);
    };
    using Kind = h5::ReadDataset::Kind;
    bool equal = read_isotonic(file, path) == model.isotonic &&
                 digest_of(read_idf(file)) == digest_of(model.idf) &&
                 read_dual_variables(file) == model.dual;
    if (lists_columns(model)) {
        const h5::ReadDataset columns(file, "columns", Kind::integer);
        const std::span<const std::uint32_t> all(model.columns);
        for (std::size_t first = 0; first < all.size() && equal; first += kBlock) {
            equal = equals(columns, static_cast<std::int64_t>(first),
                           all.subspan(first, std::min(kBlock, all.size() - first)));
        }
    }
    if (!model.outputs.empty()) return equal && outputs_read_back(file, path, model);
    equal = equal && equals(h5::ReadDataset(file, "bias", Kind::real), 0,
                            std::span<const double>(&model.bias, 1));
    const h5::ReadDataset weights(file, "weights", Kind::real);
    std::int64_t first = 0;
    for_each_block(model, [&](std::span<const double> block) {
        equal = equal && equals(weights, first, block);
        first += std::ssize(block);
    });
    return equal && first == weights.length();
}

}  // namespace

void Model::set_all_weights(std::vector<double> by_column) {
    weights = std::move(by_column);
    features = std::ssize(weights);
    columns.resize(weights.size());
    std::iota(columns.begin(), columns.end(), 0U);
}

void write_model(PendingFile& pending, const Model& model) {
    h5::Handle file = h5::create_file(pending.temporary_path());
    write_weights(file, model);
    if (model.isotonic) write_isotonic(file, *model.isotonic);
    write_idf(file, model.idf);
    write_dual_variables(file, model.dual);
    if (!model.classes.empty()) h5::write_strings(file, "classes", model.classes);
    write_attributes(file, model);
    file.close();
    // A full disk may show only here, so the file is read back and compared.
    if (!reads_back(pending.temporary_path(), model)) {
        throw Error(ExitCode::io, pending.final_path() + ": what was written does not read back");
    }
    pending.commit();
}

Model read_model(const std::string& path) {
    const h5::Handle file = h5::open_file(path);
    Model m = read_all_but_matrix(file, path);
    if (m.outputs.empty()) return m;
    m.matrix.reserve(m.columns.size() * m.outputs.size());
    read_matrix(h5::ReadMatrix(file, "weights"), [&](std::int64_t, std::span<const float> rows) {
        m.matrix.insert(m.matrix.end(), rows.begin(), rows.end());
    });
    return m;
}

Model read_all_but_matrix(const h5::Handle& file, const std::string& path) {
    const std::int64_t version = read_version(file, path);
    Model m;
    read_weights(file, path, version, m);
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
    m.idf = read_idf(file);  // older models have none
    for (const std::string& name : h5::read_strings(file, "metrics")) {
        m.metrics[name] = h5::read_real(file, kMetricPrefix + name);
    }
    return m;
}

}  // namespace hogwild::io
