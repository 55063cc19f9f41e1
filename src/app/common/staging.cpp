#include "app/common/staging.hpp"

#include <fmt/core.h>

#include "app/common/run_collectively.hpp"
#include "data/cbor.hpp"
#include "data/printable.hpp"
#include "data/stopwatch.hpp"
#include "io/staged_copy.hpp"
#include "mpi/collectives.hpp"
#include "mpi/environment.hpp"

namespace hogwild::app {
namespace {

using Json = nlohmann::ordered_json;

/// A file of a dataset, and whether this rank wants it.
struct File {
    io::Dataset* dataset;
    std::size_t number;
    std::string path;
    bool wanted = false;
};

/// The same files in the same order on all ranks.
std::vector<File> list_files(const std::vector<RowsToRead>& wanted) {
    std::vector<File> files;
    for (const auto& [dataset, rows] : wanted) {
        const std::size_t first = files.size();
        for (const std::string& path : dataset->paths()) {
            files.push_back({dataset, files.size() - first, path});
        }
        for (const data::Range& range : rows) {
            for (const std::size_t k : dataset->files_with(range.begin, range.end)) {
                files[first + k].wanted = true;
            }
        }
    }
    return files;
}

/// Whether any rank of the node wants each file; on the node's first rank. Collective.
std::vector<bool> wanted_on_node(const std::vector<File>& files, mpi::Communicator node) {
    std::string own;
    for (const File& file : files) own += file.wanted ? '1' : '0';
    const std::string all = mpi::gather_text(node, own);
    std::vector<bool> wanted(files.size());
    for (std::size_t k = 0; k < all.size(); ++k) {
        if (all[k] == '1') wanted[k % files.size()] = true;
    }
    return wanted;
}

/// The copies of a node, made by its first rank.
struct NodeCopies {
    std::vector<std::string> names;  ///< of the copies; empty for what is not wanted
    Json report;

    void make(const std::vector<File>& files, const std::vector<bool>& wanted,
              const std::string& directory, const std::function<void()>& between) {
        const data::Stopwatch watch;
        std::int64_t count = 0;
        std::int64_t bytes = 0;
        std::int64_t copied = 0;
        for (std::size_t k = 0; k < files.size(); ++k) {
            std::string& name = names.emplace_back();
            if (wanted[k]) {
                const io::StagedCopy copy = io::stage_copy(files[k].path, directory, between);
                name = copy.path;
                bytes += copy.bytes;
                ++count;
                copied += copy.made_now ? 1 : 0;
            }
        }
        report = {{"host", mpi::host_name()}, {"directory", directory},
                  {"files", count},           {"bytes", bytes},
                  {"copied", copied},         {"seconds", watch.seconds()}};
    }
};

void use_copies(std::vector<File>& files, const std::string& names) {
    data::for_each_cbor(names, [&](const nlohmann::json& message) {
        for (std::size_t k = 0; k < files.size(); ++k) {
            if (!files[k].wanted) continue;
            files[k].dataset->read_from_copy(files[k].number, message.at(k).get<std::string>());
        }
    });
}

/// The nodes' reports on rank 0.
Json gather_reports(const Json& own, const mpi::Communicators& comms) {
    std::string line;
    if (!own.is_null()) line = own.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
    const std::string lines = mpi::gather_text(comms.world(), line);
    Json nodes = Json::array();
    for (std::size_t begin = 0; begin < lines.size();) {
        const std::size_t end = lines.find('\n', begin);
        nodes.push_back(Json::parse(lines.substr(begin, end - begin)));
        begin = end + 1;
    }
    return nodes;
}

}  // namespace

Json stage(const std::string& directory, const std::vector<RowsToRead>& wanted,
           const mpi::Communicators& comms, const std::function<void()>& between) {
    std::vector<File> files = list_files(wanted);
    const std::vector<bool> on_node = wanted_on_node(files, comms.group());
    NodeCopies copies;
    run_collectively_idly(comms.world(), [&] {
        if (comms.group_rank() == 0) copies.make(files, on_node, directory, between);
    });
    use_copies(files, mpi::broadcast(comms.group(), 0, data::cbor_of(copies.names)));
    return gather_reports(copies.report, comms);
}

std::string staging_table(const Json& nodes) {
    std::string text;
    for (const Json& node : nodes) {
        const auto files = node.at("files").get<std::int64_t>();
        text += fmt::format("staged on {}: {} file{} ({:.1f} MB), {} copied now, {:.2f} s: {}\n",
                            data::printable(node.at("host").get<std::string>()), files,
                            files == 1 ? "" : "s", node.at("bytes").get<double>() / 1e6,
                            node.at("copied").get<std::int64_t>(), node.at("seconds").get<double>(),
                            data::printable(node.at("directory").get<std::string>()));
    }
    return text;
}

}  // namespace hogwild::app
