/// Shows the content of a dataset, model or checkpoint file.
#include <fmt/core.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/file_options.hpp"
#include "data/error.hpp"
#include "data/printable.hpp"
#include "io/checkpoint_file.hpp"
#include "io/dataset_file.hpp"
#include "io/hdf5_library.hpp"
#include "io/model_file.hpp"
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
              {"digest", h.digest},
              {"tool", h.tool}};
    json["shuffle_seed"] = h.shuffle_seed >= 0 ? Json(h.shuffle_seed) : Json();
    if (h.has_topics) json["topics"] = topic_counts(file);
    if (verify) {
        file.verify();
        json["verified"] = true;
    }
    return json;
}

Json describe_model(const std::string& path) {
    const io::Model m = io::read_model(path);
    return {{"file", path},
            {"schema", "hogwild.model"},
            {"features", m.weights.size()},
            {"bias", m.bias},
            {"feature_id_base", m.feature_id_base},
            {"category", m.category},
            {"loss", m.loss},
            {"regularizer", m.regularizer},
            {"lambda", m.lambda},
            {"strategy", m.strategy},
            {"ranks", m.ranks},
            {"seed", m.seed},
            {"precision", m.precision},
            {"dataset_digests", m.dataset_digests},
            {"program", m.program},
            {"warnings", m.warnings},
            {"metrics", m.metrics},
            {"options", m.options}};
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

Json describe(const std::string& path, bool verify) {
    if (io::schema_of(path) == "hogwild.checkpoint") return describe_checkpoint(path);
    if (io::schema_of(path) == "hogwild.model") return describe_model(path);
    return describe_dataset(path, verify);
}

/// A value for people, on one line.
std::string to_text(const Json& value) {
    return data::printable(value.is_string()
                               ? value.get<std::string>()
                               : value.dump(-1, ' ', false, Json::error_handler_t::replace));
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

void inspect(const std::vector<std::string>& names, bool verify, bool as_json) {
    for (const std::string& name : names) {
        for (const std::string& path : io::resolve_dataset(name)) {
            const Json json = describe(path, verify);
            if (as_json) {
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
    bool verify = false;
    bool as_json = false;
    tools::po::options_description description("Options");
    description.add_options()("file",
                              file_value(files, io::FileUse::input, io::FileKind::dataset)
                                  ->required()
                                  ->value_name("FILE..."),
                              "datasets (files, shards or shard sets), models and checkpoints")(
        "verify", tools::po::bool_switch(&verify), "read every byte and check it")(
        "json", tools::po::bool_switch(&as_json), "one JSON object per file");
    return tools::tool_main(
        argc, argv,
        {.name = "hdf5_inspect",
         .summary = "Shows what is in dataset, model and checkpoint files.",
         .usage = "FILE... [--verify] [--json]",
         .common = {},
         .examples = {"hdf5_inspect train.h5 model.h5", "hdf5_inspect --verify --json train.h5"},
         .notes = {},
         .options = description,
         .positional = "file"},
        [&](const tools::po::variables_map&) { inspect(files, verify, as_json); });
}
