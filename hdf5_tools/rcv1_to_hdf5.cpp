/// Converts RCV1-v2 text (vector files and a topic file) to one dataset with all topics.
#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <iostream>
#include <string>
#include <unordered_set>
#include <vector>

#include "cli/file_options.hpp"
#include "convert/convert.hpp"
#include "convert/weight_file.hpp"
#include "data/error.hpp"
#include "data/rcv1_text.hpp"
#include "io/topic_table.hpp"
#include "tool_main.hpp"

namespace {

using namespace hogwild;

struct Options {
    std::vector<std::string> vectors;
    std::string topics;
    std::string weights;
    bool allow_unlabelled = false;
    tools::OutputOptions output;
};

[[noreturn]] void refuse_repeated(std::int64_t id) {
    throw data::LineError(1, "document " + std::to_string(id) + " occurs twice");
}

io::TopicTable read_topics(const std::string& path, tools::Conversion& conversion) {
    io::TopicTable table;
    conversion.read_text(path, [&](std::string_view text) {
        data::TopicLine line;
        if (data::parse_topic_line(text, line)) table.add(line.topic, line.document_id);
    });
    table.finish();
    return table;
}

/// Of documents whose numbers are topics already.
tools::Labelling labelling_of(const io::TopicTable& table) {
    return {.has_topics = true,
            .topics = table.names(),
            .positive_label = {},
            .key = {},
            .left_out = 0,
            .apply = [](io::DocumentRecord&) { return true; }};
}

tools::Labelling no_labels() {
    return {.has_topics = false,
            .topics = {},
            .positive_label = {},
            .key = "unlabelled",
            .left_out = 0,
            .apply = [](io::DocumentRecord& record) {
                record.label = 0;
                return true;
            }};
}

void read_vectors(const Options& options, tools::Conversion& conversion,
                  const std::function<void(data::Document&)>& take) {
    tools::WeightFile weights(options.weights);
    data::Document document;
    for (const std::string& path : options.vectors) {
        conversion.read_text(path, [&](std::string_view line) {
            if (!data::parse_vector_line(line, document)) return;
            document.weight.reset();
            weights.give(document);
            if (conversion.weighs(document)) take(document);
        });
    }
    weights.finish(conversion);
}

/// The ids so far: 8 bytes each where they ascend, as those of RCV1 do, some 40 where not.
class SeenIds {
public:
    /// @return false for one that was there before.
    bool add(std::int64_t id) {
        if (ascending_.empty() || id > ascending_.back()) {
            ascending_.push_back(id);
            return true;
        }
        return !std::ranges::binary_search(ascending_, id) && others_.insert(id).second;
    }

private:
    std::deque<std::int64_t> ascending_;
    std::unordered_set<std::int64_t> others_;  ///< each below one that came before
};

void convert_unlabelled(const Options& options) {
    tools::Conversion conversion(options.output, "rcv1_to_hdf5");
    SeenIds seen;
    read_vectors(options, conversion, [&](data::Document& document) {
        if (!seen.add(document.id)) refuse_repeated(document.id);
        conversion.add(document, {});
    });
    conversion.write(no_labels());
    if (options.output.quiet) return;
    std::cout << "no document has a label: they can be scored by predict, not trained on\n";
}

void convert(const Options& options) {
    tools::Conversion conversion(options.output, "rcv1_to_hdf5");
    io::TopicTable table = read_topics(options.topics, conversion);
    std::vector<std::uint16_t> topics;
    std::int64_t unlabelled = 0;
    read_vectors(options, conversion, [&](data::Document& document) {
        switch (table.look_up(document.id, topics)) {
            case io::TopicTable::Found::labelled:
                break;
            case io::TopicTable::Found::repeated:
                refuse_repeated(document.id);
            case io::TopicTable::Found::unlabelled:
                if (!options.allow_unlabelled) {
                    throw data::LineError(1, "document " + std::to_string(document.id) +
                                                 " has no topic; --allow-unlabelled takes it as "
                                                 "negative");
                }
                ++unlabelled;
        }
        conversion.add(document, topics);
    });
    conversion.write(labelling_of(table));
    if (options.output.quiet) return;
    std::cout << tools::with_commas(std::ssize(table.names())) << " topics; "
              << tools::with_commas(table.unused_lines())
              << " topic lines belong to other documents";
    if (options.allow_unlabelled) {
        std::cout << "; " << tools::with_commas(unlabelled) << " documents without topics";
    }
    std::cout << '\n';
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    tools::po::options_description description("Options");
    description.add_options()("vectors",
                              file_value(options.vectors, io::FileUse::input, io::FileKind::vectors)
                                  ->required()
                                  ->multitoken()
                                  ->value_name("FILE..."),
                              "vector files, also compressed (gzip, bzip2, xz, zstd)")(
        "topics",
        file_value(options.topics, io::FileUse::input, io::FileKind::topics)->value_name("FILE"),
        "topic file, also compressed; without it documents have no labels: predict can score them, "
        "train cannot use them")(
        "allow-unlabelled", tools::po::bool_switch(&options.allow_unlabelled),
        "take documents without topics as negative instead of refusing them");
    tools::add_weight_option(description, options.weights);
    tools::add_output_options(description, options.output);
    return tools::tool_main(
        argc, argv,
        {.name = "rcv1_to_hdf5",
         .summary = "Converts RCV1-v2 text, with all topics, to a dataset.",
         .usage = "--vectors FILE... [--topics FILE] --output NAME.h5 [options]",
         .common = {},
         .examples = {"rcv1_to_hdf5 --vectors lyrl2004_vectors_train.dat.gz \\",
                      "    --topics rcv1-v2.topics.qrels.gz --output train.h5",
                      "rcv1_to_hdf5 --vectors lyrl2004_vectors_test_pt?.dat.gz --shards 4 \\",
                      "    --topics rcv1-v2.topics.qrels.gz --output test.h5"},
         .notes = {},
         .options = description},
        [&](const tools::po::variables_map& values) {
            tools::check_output_options(values, options.output);
            if (options.topics.empty()) {
                if (options.allow_unlabelled) {
                    throw Error(ExitCode::usage, "--allow-unlabelled needs --topics");
                }
                convert_unlabelled(options);
            } else {
                convert(options);
            }
        });
}
