#include "app/common/placement_report.hpp"

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "app/common/text_table.hpp"
#include "data/printable.hpp"
#include "mpi/launcher.hpp"
#include "mpi/topology.hpp"

namespace hogwild::app {
namespace {

using Json = nlohmann::ordered_json;
using mpi::NodePlacement;
using mpi::Placement;

/// Ranks in the same place.
struct Row {
    std::vector<int> ranks;
    std::string host;
    std::string cores;
    std::string numa_domains;
};

std::string or_unknown(const std::string& text) { return text.empty() ? "?" : text; }

std::vector<Row> rows_by_place(const std::vector<Placement>& placements) {
    std::vector<Row> rows;
    for (std::size_t rank = 0; rank < placements.size(); ++rank) {
        const Placement& p = placements[rank];
        Row row{{static_cast<int>(rank)},
                data::printable(p.host),
                or_unknown(mpi::to_list(p.cores)),
                or_unknown(mpi::to_list(p.numa_domains))};
        const auto same = std::ranges::find_if(
            rows, [&](const Row& r) { return r.host == row.host && r.cores == row.cores; });
        if (same == rows.end()) {
            rows.push_back(std::move(row));
        } else {
            same->ranks.push_back(static_cast<int>(rank));
        }
    }
    return rows;
}

std::vector<Row> rows_by_node(const std::vector<Placement>& placements) {
    std::vector<Row> rows;
    for (const NodePlacement& node : mpi::by_node(placements)) {
        rows.push_back({node.ranks, data::printable(node.host),
                        or_unknown(mpi::to_list(node.cores)),
                        or_unknown(mpi::to_list(node.numa_domains))});
    }
    return rows;
}

/// "on a" or "on a and 2 more nodes".
std::string places(const std::vector<NodePlacement>& nodes) {
    std::string text = " on " + data::printable(nodes.front().host);
    if (nodes.size() > 1) text += " and " + std::to_string(nodes.size() - 1) + " more";
    return text;
}

}  // namespace

Json placement_json(const std::vector<Placement>& placements) {
    Json all = Json::array();
    for (std::size_t rank = 0; rank < placements.size(); ++rank) {
        const Placement& p = placements[rank];
        all.push_back({{"rank", rank},
                       {"host", p.host},
                       {"cores", mpi::to_list(p.cores)},
                       {"numa_domains", p.numa_domains}});
    }
    return all;
}

std::string placement_table(const std::vector<Placement>& placements) {
    constexpr std::size_t kMostRows = 32;
    std::vector<Row> rows = rows_by_place(placements);
    if (rows.size() > kMostRows) rows = rows_by_node(placements);
    TextTable table = TextTable::left_aligned({"ranks", "host", "cores", "NUMA"});
    for (const Row& row : rows) {
        table.add({mpi::to_list(row.ranks), row.host, row.cores, row.numa_domains});
    }
    return table.text();
}

std::string placement_advice(const std::vector<Placement>& placements) {
    std::vector<NodePlacement> crowded;
    std::vector<NodePlacement> loose;
    for (NodePlacement& node : mpi::by_node(placements)) {
        if (node.cores.empty()) continue;  // nothing is known
        if (node.crowded()) {
            crowded.push_back(std::move(node));
        } else if (node.overlap) {
            loose.push_back(std::move(node));
        }
    }
    std::string text;
    if (!crowded.empty()) {
        const NodePlacement& first = crowded.front();
        text += "hogwild: " + std::to_string(first.ranks.size()) + " ranks share " +
                std::to_string(first.cores.size()) +
                (first.cores.size() == 1 ? " core" : " cores") + places(crowded) +
                "; for speed start no more ranks than cores\n";
        const char* const yields = std::getenv(mpi::kYieldWhenIdle);
        if (yields != nullptr && std::string(yields) == "0") {
            text += std::string(
                        "hogwild: ranks that wait keep the cores of those that work; "
                        "unset ") +
                    mpi::kYieldWhenIdle + ", which is 0\n";
        }
    }
    if (!loose.empty()) {
        text += "hogwild: ranks are not bound to cores" + places(loose) +
                "; for speed: mpirun --bind-to core, or srun --cpu-bind=cores\n";
    }
    return text;
}

}  // namespace hogwild::app
