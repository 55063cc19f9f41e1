/// Shows the content of a dataset, model or checkpoint file.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/file_options.hpp"
#include "data/error.hpp"
#include "data/printable.hpp"
#include "io/checkpoint_file.hpp"
#include "io/dataset_file.hpp"
#include "io/feature_names.hpp"
#include "io/hdf5_library.hpp"
#include "io/idf_store.hpp"
#include "io/model_file.hpp"
#include "io/model_reader.hpp"
#include "io/shard_names.hpp"
#include "tool_main.hpp"

namespace {

using namespace hogwild;
using Json = nlohmann::ordered_json;

/// Documents per topic; reads the topics only.
Json topic_counts(io::DatasetFile& file) {
    Json counts = Json::object();
    const std::vector<std::int64_t> documents = file.count_topics();
    for (std::size_t k = 0; k < documents.size(); ++k) {
        counts[file.header().topics[k]] = documents[k];
    }
    return counts;
}

Json describe_dataset(const std::string& path, bool verify) {
    io::DatasetFile file(path);
    const io::DatasetHeader& h = file.header();
    Json json{{"file", path},
              {"schema", io::kDatasetSchema},
              {"version", io::kDatasetVersion},
              {"rows", h.rows},
              {"features", h.features},
              {"nonzeros", h.nonzeros},
              {"total_rows", h.total_rows},
              {"shard", std::to_string(h.shard_index) + " of " + std::to_string(h.shard_count)},
              {"sources", h.sources},
              {"source_digests", h.source_digests},
              {"positive_label", h.positive_label},
              {"normalization", h.normalization},
              {"idf", h.idf},
              {"weighted", h.has_weights},
              {"digest", h.digest},
              {"tool", h.tool}};
    json["shuffle_seed"] = h.shuffle_seed >= 0 ? Json(h.shuffle_seed) : Json();
    if (h.has_topics) json["topics"] = topic_counts(file);
    if (h.has_weights) json["sample_weight"] = nullptr;  // of a shard without documents
    if (const auto range = file.read_weight_range()) {
        json["sample_weight"] = {{"smallest", range->smallest},
                                 {"largest", range->largest},
                                 {"mean", range->sum / static_cast<double>(h.rows)}};
    }
    if (verify) {
        file.verify();
        json["verified"] = true;
    }
    return json;
}

/// What the user asks for.
struct Wishes {
    bool verify = false;
    bool json = false;
    std::size_t top = 0;        ///< features of each sign to show
    std::string feature_names;  ///< file; empty: no names
    std::string category;       ///< of a model with several; empty: all of them
};

/// The features with the largest weights of one sign, the strongest first.
/// @param weights  of m.columns.
/// @param sign     1 or -1.
template <class T>
Json strongest(const io::Model& m, const std::vector<T>& weights, T sign, std::size_t count,
               const io::FeatureNames& names) {
    std::vector<std::size_t> places;  // in the list of columns
    for (std::size_t k = 0; k < weights.size(); ++k) {
        if (sign * weights[k] > T{0}) places.push_back(k);
    }
    const auto end = places.begin() + static_cast<std::ptrdiff_t>(std::min(count, places.size()));
    const auto strength = [&](std::size_t k) { return -std::abs(weights[k]); };
    std::ranges::partial_sort(places, end, {}, strength);
    Json features = Json::array();
    std::for_each(places.begin(), end, [&](std::size_t k) {
        const std::int64_t id = m.columns[k] + m.feature_id_base;
        Json feature{{"id", id}, {"weight", weights[k]}};
        if (const auto name = names.find(id); name != names.end()) feature["name"] = name->second;
        features.push_back(std::move(feature));
    });
    return features;
}

template <class T>
void add_strongest(const io::Model& m, const std::vector<T>& weights, const Wishes& wishes,
                   const io::FeatureNames& names, Json& json) {
    if (wishes.top == 0) return;
    json["top_positive"] = strongest(m, weights, T{1}, wishes.top, names);
    json["top_negative"] = strongest(m, weights, T{-1}, wishes.top, names);
}

/// Reads the weights of an output at a time.
Json describe_outputs(const io::ModelReader& reader, const Wishes& wishes,
                      const io::FeatureNames& names) {
    const io::Model& m = reader.model();
    Json outputs = Json::array();
    for (std::size_t k = 0; k < m.outputs.size(); ++k) {
        const io::ModelOutput& output = m.outputs[k];
        const std::vector<float> weights = reader.weights_of(k);
        const auto zeros = std::ranges::count(weights, 0.0F);
        Json json{{"category", output.category},
                  {"positives", output.positives},
                  {"lambda", output.lambda},
                  {"class_weights", output.class_weights},
                  {"threshold", output.threshold},
                  {"bias", output.bias},
                  {"weights_other_than_0", std::ssize(weights) - zeros}};
        add_strongest(m, weights, wishes, names, json);
        outputs.push_back(std::move(json));
    }
    return outputs;
}

Json describe_model(const std::string& path, const Wishes& wishes) {
    const io::ModelReader reader(path);
    const io::Model m = wishes.category.empty() ? reader.model() : reader.output(wishes.category);
    Json json = {{"file", path},
                 {"schema", "hogwild.model"},
                 {"features", m.features},
                 {"listed_features", m.columns.size()},
                 {"bias", m.bias},
                 {"feature_id_base", m.feature_id_base},
                 {"category", m.category},
                 {"normalization", m.normalization ? Json(name_of(*m.normalization)) : Json()},
                 {"idf", io::digest_of(m.idf)},
                 {"loss", m.loss},
                 {"regularizer", m.regularizer},
                 {"lambda", m.lambda},
                 {"class_weights", m.class_weights},
                 {"strategy", m.strategy},
                 {"ranks", m.ranks},
                 {"seed", m.seed},
                 {"precision", m.precision},
                 {"dataset_digests", m.dataset_digests},
                 {"program", m.program},
                 {"warnings", m.warnings},
                 {"threshold", m.threshold},
                 {"platt_a", m.platt ? Json(m.platt->a) : Json()},
                 {"platt_b", m.platt ? Json(m.platt->b) : Json()},
                 {"isotonic_points", m.isotonic ? Json(m.isotonic->scores.size()) : Json()},
                 {"dual_variables", io::read_dual_variables(path).document.size()},
                 {"metrics", m.metrics},
                 {"options", m.options}};
    io::FeatureNames names;
    if (!wishes.feature_names.empty()) {
        names = io::read_feature_names(wishes.feature_names, m.feature_id_base);
    }
    if (m.outputs.empty()) {
        add_strongest(m, m.weights, wishes, names, json);
        return json;
    }
    for (const char* of_each : {"bias", "lambda", "class_weights", "threshold"})
        json.erase(of_each);
    json["decision"] = data::name_of(m.decision);
    json["outputs"] = describe_outputs(reader, wishes, names);
    return json;
}

/// Verifies a file by reading every byte.
Json describe_checkpoint(const std::string& path) {
    const io::Checkpoint c = io::read_checkpoint(path);
    Json json = {{"file", path}, {"schema", "hogwild.checkpoint"}, {"ranks", c.ranks.size()}};
    for (const auto& [name, value] : c.identity) json[name] = value;
    for (const data::State& state : {c.state, c.vectors}) {
        for (const auto& [name, values] : state.arrays()) {
            json[name] = values.size() == 1 ? Json(values[0])
                                            : Json(std::to_string(values.size()) + " numbers");
        }
    }
    json["dataset_digests"] = c.dataset_digests;
    json["options"] = c.options;
    return json;
}

Json describe(const std::string& path, const Wishes& wishes) {
    if (io::schema_of(path) == "hogwild.model") return describe_model(path, wishes);
    if (wishes.top > 0) throw Error(ExitCode::usage, path + ": --top is for models");
    if (!wishes.category.empty()) {
        throw Error(ExitCode::usage, path + ": --category is for models");
    }
    if (io::schema_of(path) == "hogwild.checkpoint") return describe_checkpoint(path);
    return describe_dataset(path, wishes.verify);
}

/// A value for people, on one line.
std::string to_text(const Json& value) {
    return data::printable(value.is_string()
                               ? value.get<std::string>()
                               : value.dump(-1, ' ', false, Json::error_handler_t::replace));
}

void print_features(const Json& features) {
    for (const Json& feature : features) {
        const std::string name =
            feature.contains("name") ? "  " + feature["name"].get<std::string>() : "";
        std::cout << fmt::format("  {:>10}  {:>+12.6g}{}", feature["id"].get<std::int64_t>(),
                                 feature["weight"].get<double>(), data::printable(name))
                  << '\n';
    }
}

/// A table of the outputs, then the features of each that has them.
void print_outputs(const Json& outputs) {
    std::size_t width = 8;
    for (const Json& output : outputs) {
        width = std::max(width, data::printable(output["category"].get<std::string>()).size());
    }
    std::cout << fmt::format("outputs\n  {:<{}}  {:>10}  {:>12}  {:>12}  {:>12}  {:>12}\n",
                             "category", width, "positives", "lambda", "threshold", "bias",
                             "weights");
    for (const Json& output : outputs) {
        std::cout << fmt::format("  {:<{}}  {:>10}  {:>12.6g}  {:>12.6g}  {:>12.6g}  {:>12}\n",
                                 data::printable(output["category"].get<std::string>()), width,
                                 output["positives"].get<std::int64_t>(),
                                 output["lambda"].get<double>(), output["threshold"].get<double>(),
                                 output["bias"].get<double>(),
                                 output["weights_other_than_0"].get<std::int64_t>());
    }
    for (const Json& output : outputs) {
        for (const char* key : {"top_positive", "top_negative"}) {
            if (!output.contains(key)) continue;
            std::cout << key << "  " << data::printable(output["category"].get<std::string>())
                      << '\n';
            print_features(output[key]);
        }
    }
}

void print(const Json& json) {
    for (const auto& [name, value] : json.items()) {
        const std::string key = data::printable(name);
        if (key == "topics" && value.is_object()) {
            std::cout << "topics           ";
            for (const auto& [topic, count] : value.items()) {
                std::cout << ' ' << data::printable(topic) << ':' << to_text(count);
            }
            std::cout << '\n';
        } else if (key.starts_with("top_") && value.is_array()) {
            std::cout << key << '\n';
            print_features(value);
        } else if (key == "outputs" && value.is_array()) {
            print_outputs(value);
        } else if (key == "options" && value.is_string()) {
            std::cout << "options\n" << data::printable_lines(value.get<std::string>());
        } else {
            std::cout << fmt::format("{:<16}  {}\n", key, to_text(value));
        }
    }
}

/// As ASCII; bytes that are not UTF-8 are replaced, since file names may have any encoding.
std::string to_json(const Json& json) {
    return json.dump(-1, ' ', true, Json::error_handler_t::replace);
}

void inspect(const std::vector<std::string>& names, const Wishes& wishes) {
    for (const std::string& name : names) {
        for (const std::string& path : io::resolve_dataset(name)) {
            const Json json = describe(path, wishes);
            if (wishes.json) {
                std::cout << to_json(json) << '\n';
            } else {
                print(json);
                std::cout << '\n';
            }
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    std::vector<std::string> files;
    Wishes wishes;
    std::int64_t top = 0;
    tools::po::options_description description("Options");
    description.add_options()("file",
                              file_value(files, io::FileUse::input, io::FileKind::dataset)
                                  ->required()
                                  ->value_name("FILE..."),
                              "datasets (files, shards or shard sets), models and checkpoints")(
        "verify", tools::po::bool_switch(&wishes.verify), "read every byte and check it")(
        "top", tools::po::value(&top)->value_name("N"),
        "of a model, the N features with the largest and with the smallest weights")(
        "feature-names",
        file_value(wishes.feature_names, io::FileUse::input, io::FileKind::other_text)
            ->value_name("FILE"),
        "their names: 'id name' lines, a name a line, or RCV1's stem.termid.idf.map.txt")(
        "category", tools::po::value(&wishes.category)->value_name("NAME"),
        "of a model of several categories, this one alone")(
        "json", tools::po::bool_switch(&wishes.json), "one JSON object per file");
    return tools::tool_main(
        argc, argv,
        {.name = "hdf5_inspect",
         .summary = "Shows what is in dataset, model and checkpoint files.",
         .usage = "FILE... [--verify] [--top N] [--category NAME] [--json]",
         .common = {},
         .examples = {"hdf5_inspect train.h5 model.h5", "hdf5_inspect --verify --json train.h5",
                      "hdf5_inspect --top 20 --feature-names words.txt model.h5"},
         .notes = {},
         .options = description,
         .positional = "file"},
        [&](const tools::po::variables_map& values) {
            if (top < (values.count("top") != 0 ? 1 : 0)) {
                throw Error(ExitCode::usage, "--top must be at least 1");
            }
            if (!wishes.feature_names.empty() && top == 0) {
                throw Error(ExitCode::usage, "--feature-names is of use with --top only");
            }
            wishes.top = static_cast<std::size_t>(top);
            inspect(files, wishes);
        });
}
