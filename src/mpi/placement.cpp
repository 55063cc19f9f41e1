#include "mpi/placement.hpp"

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <memory>
#include <utility>

#include "mpi/collectives.hpp"
#include "mpi/environment.hpp"
#include "mpi/error.hpp"

namespace hogwild::mpi {
namespace {

struct FreeCpuSet {
    void operator()(cpu_set_t* set) const { CPU_FREE(set); }
};

/// The kernel refuses a set that is smaller than its own.
std::vector<int> own_cores() {
    constexpr int kMost = 1 << 20;
    for (int count = CPU_SETSIZE; count <= kMost; count *= 2) {
        const std::unique_ptr<cpu_set_t, FreeCpuSet> set(CPU_ALLOC(static_cast<unsigned>(count)));
        const std::size_t bytes = CPU_ALLOC_SIZE(static_cast<unsigned>(count));
        if (!set) break;
        CPU_ZERO_S(bytes, set.get());
        if (sched_getaffinity(0, bytes, set.get()) != 0) continue;
        std::vector<int> cores;
        for (int core = 0; core < count; ++core) {
            if (CPU_ISSET_S(static_cast<unsigned>(core), bytes, set.get())) cores.push_back(core);
        }
        return cores;
    }
    return {};
}

void merge(std::vector<int>& into, const std::vector<int>& numbers) {
    std::vector<int> all;
    std::ranges::set_union(into, numbers, std::back_inserter(all));
    into = std::move(all);
}

bool intersect(const std::vector<int>& a, const std::vector<int>& b) {
    return std::ranges::any_of(a, [&](int n) { return std::ranges::binary_search(b, n); });
}

/// The lowest rank of `world` that shares memory with this one.
int find_node(MPI_Comm world) {
    int rank = 0;
    check(MPI_Comm_rank(world, &rank), "MPI_Comm_rank");
    MPI_Comm node = MPI_COMM_NULL;
    check(MPI_Comm_split_type(world, MPI_COMM_TYPE_SHARED, rank, MPI_INFO_NULL, &node),
          "MPI_Comm_split_type");
    const std::int64_t lowest = broadcast(node, 0, std::int64_t{rank});
    check(MPI_Comm_free(&node), "MPI_Comm_free");
    return static_cast<int>(lowest);
}

std::string to_line(const Placement& p) {
    return std::to_string(p.node) + '\t' + to_list(p.cores) + '\t' + to_list(p.numa_domains) +
           '\t' + p.host + '\n';
}

Placement from_line(const std::string& line) {
    const std::size_t cores = line.find('\t') + 1;
    const std::size_t domains = line.find('\t', cores) + 1;
    const std::size_t host = line.find('\t', domains) + 1;
    return {line.substr(host), std::stoi(line), from_list(line.substr(cores, domains - 1 - cores)),
            from_list(line.substr(domains, host - 1 - domains))};
}

}  // namespace

std::vector<Placement> gather_placements(MPI_Comm world) {
    Placement own{host_name(), find_node(world), own_cores(), {}};
    own.numa_domains = numa_domains_of(own.cores);
    const std::string lines = gather_text(world, to_line(own));
    std::vector<Placement> all;
    for (std::size_t begin = 0; begin < lines.size();) {
        const std::size_t end = lines.find('\n', begin);
        all.push_back(from_line(lines.substr(begin, end - begin)));
        begin = end + 1;
    }
    return all;
}

std::vector<NodePlacement> by_node(const std::vector<Placement>& placements) {
    std::vector<NodePlacement> nodes;
    std::vector<int> lowest;
    for (std::size_t rank = 0; rank < placements.size(); ++rank) {
        const Placement& p = placements[rank];
        const auto at = std::ranges::find(lowest, p.node) - lowest.begin();
        if (at == std::ssize(lowest)) {
            lowest.push_back(p.node);
            nodes.push_back({p.host, {}, {}, {}, false});
        }
        NodePlacement& node = nodes[static_cast<std::size_t>(at)];
        node.overlap = node.overlap || intersect(node.cores, p.cores);
        node.ranks.push_back(static_cast<int>(rank));
        merge(node.cores, p.cores);
        merge(node.numa_domains, p.numa_domains);
    }
    return nodes;
}

std::string to_list(const std::vector<int>& numbers) {
    std::string text;
    for (std::size_t k = 0; k < numbers.size();) {
        std::size_t last = k;
        while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) ++last;
        text += (text.empty() ? "" : ",") + std::to_string(numbers[k]);
        if (last > k) text += "-" + std::to_string(numbers[last]);
        k = last + 1;
    }
    return text;
}

std::vector<int> from_list(const std::string& text) {
    std::vector<int> numbers;
    const char* at = text.data();
    const char* const end = at + text.size();
    const auto read = [&](int& number) {
        const auto [after, error] = std::from_chars(at, end, number);
        at = after;
        return error == std::errc();
    };
    for (int first = 0; read(first); ++at) {  // past the comma
        int last = first;
        if (at < end && *at == '-') {
            ++at;
            if (!read(last)) break;
        }
        for (int n = first; n <= last; ++n) numbers.push_back(n);
        if (at == end) break;
    }
    return numbers;
}

std::vector<int> numa_domains_of(const std::vector<int>& cores, const std::string& sys) {
    const auto line_of = [&](const std::string& name) {
        std::ifstream in(sys + "/" + name);
        std::string line;
        std::getline(in, line);
        return line;
    };
    std::vector<int> domains;
    for (const int domain : from_list(line_of("online"))) {
        const std::string cpus = line_of("node" + std::to_string(domain) + "/cpulist");
        if (intersect(cores, from_list(cpus))) domains.push_back(domain);
    }
    return domains;
}

}  // namespace hogwild::mpi
