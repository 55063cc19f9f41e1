/// Converts RCV1-v2 text (vector files and a topic file) to one dataset with all topics.
#include <iostream>

#include "cli/file_options.hpp"
#include "convert.hpp"
#include "data/error.hpp"
#include "data/rcv1_text.hpp"
#include "io/topic_table.hpp"
#include "tool_main.hpp"

namespace {

using namespace hogwild;

struct Options {
    std::vector<std::string> vectors;
    std::string topics;
    bool allow_unlabelled = false;
    tools::OutputOptions output;
};

io::TopicTable read_topics(const std::string& path, tools::Conversion& conversion) {
    io::TopicTable table;
    conversion.read_text(path, [&](std::string_view text) {
        data::TopicLine line;
        if (data::parse_topic_line(text, line)) table.add(line.topic, line.document_id);
    });
    table.finish();
    return table;
}

void convert(const Options& options) {
    tools::Conversion conversion(options.output, "rcv1_to_hdf5");
    io::TopicTable table = read_topics(options.topics, conversion);
    data::Document document;
    std::vector<std::uint16_t> topics;
    std::int64_t unlabelled = 0;
    for (const std::string& path : options.vectors) {
        conversion.read_text(path, [&](std::string_view line) {
            if (!data::parse_vector_line(line, document)) return;
            switch (table.look_up(document.id, topics)) {
                case io::TopicTable::Found::labelled:
                    break;
                case io::TopicTable::Found::repeated:
                    throw data::LineError(
                        1, "document " + std::to_string(document.id) + " occurs twice");
                case io::TopicTable::Found::unlabelled:
                    if (!options.allow_unlabelled) {
                        throw data::LineError(1, "document " + std::to_string(document.id) +
                                                     " has no topic; --allow-unlabelled takes it "
                                                     "as negative");
                    }
                    ++unlabelled;
            }
            conversion.add(document, topics);
        });
    }
    conversion.write(&table.names());
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
                              "vector files (plain or .gz)")(
        "topics",
        file_value(options.topics, io::FileUse::input, io::FileKind::topics)
            ->required()
            ->value_name("FILE"),
        "topic file (plain or .gz)")(
        "allow-unlabelled", tools::po::bool_switch(&options.allow_unlabelled),
        "take documents without topics as negative instead of refusing them");
    tools::add_output_options(description, options.output);
    return tools::tool_main(
        argc, argv,
        {.name = "rcv1_to_hdf5",
         .summary = "Converts RCV1-v2 text, with all topics, to a dataset.",
         .usage = "--vectors FILE... --topics FILE --output NAME.h5 [options]",
         .common = {},
         .examples = {"rcv1_to_hdf5 --vectors lyrl2004_vectors_train.dat.gz \\",
                      "    --topics rcv1-v2.topics.qrels.gz --output train.h5",
                      "rcv1_to_hdf5 --vectors lyrl2004_vectors_test_pt?.dat.gz --shards 4 \\",
                      "    --topics rcv1-v2.topics.qrels.gz --output test.h5"},
         .notes = {},
         .options = description},
        [&](const tools::po::variables_map& values) {
            tools::check_output_options(values, options.output);
            convert(options);
        });
}
