#include "mpi/topology.hpp"

#include <hwloc.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace hogwild::mpi {
namespace {

void check_hwloc(int code, const char* call) {
    if (code >= 0) return;
    throw std::system_error(errno, std::generic_category(),
                            std::string(call) +
                                " cannot describe this machine (see the variables "
                                "HWLOC_* of the environment)");
}

struct FreeBitmap {
    void operator()(hwloc_bitmap_t bitmap) const noexcept { hwloc_bitmap_free(bitmap); }
};
using Bitmap = std::unique_ptr<hwloc_bitmap_s, FreeBitmap>;

Bitmap bitmap_of(const std::vector<int>& numbers) {
    Bitmap bitmap(hwloc_bitmap_alloc());
    for (const int n : numbers) {
        check_hwloc(hwloc_bitmap_set(bitmap.get(), static_cast<unsigned>(n)), "hwloc_bitmap_set");
    }
    return bitmap;
}

std::vector<int> numbers_of(const Bitmap& bitmap) {
    std::vector<int> numbers;
    for (int n = hwloc_bitmap_first(bitmap.get()); n >= 0; n = hwloc_bitmap_next(bitmap.get(), n)) {
        numbers.push_back(n);
    }
    return numbers;
}

Bitmap domains_of(hwloc_topology_t topology, const Bitmap& cores) {
    Bitmap domains(hwloc_bitmap_alloc());
    check_hwloc(hwloc_cpuset_to_nodeset(topology, cores.get(), domains.get()),
                "hwloc_cpuset_to_nodeset");
    return domains;
}

}  // namespace

Topology::Topology(const std::string& synthetic) {
    hwloc_topology_t topology = nullptr;
    check_hwloc(hwloc_topology_init(&topology), "hwloc_topology_init");
    topology_.reset(topology);
    if (!synthetic.empty()) {
        check_hwloc(hwloc_topology_set_synthetic(topology, synthetic.c_str()),
                    "hwloc_topology_set_synthetic");
    }
    // Otherwise hwloc would move this thread to every core in turn and ask there, which takes as
    // long as other ranks keep these cores. Devices are left out by default.
    check_hwloc(hwloc_topology_set_flags(topology, HWLOC_TOPOLOGY_FLAG_DONT_CHANGE_BINDING),
                "hwloc_topology_set_flags");
    check_hwloc(hwloc_topology_load(topology), "hwloc_topology_load");
}

void Topology::Destroy::operator()(hwloc_topology* topology) const noexcept {
    hwloc_topology_destroy(topology);
}

const Topology& Topology::of_this_machine() {
    static const Topology topology;
    return topology;
}

std::string Topology::cpu_name() const {
    hwloc_obj_t holder = hwloc_get_obj_by_type(topology_.get(), HWLOC_OBJ_PACKAGE, 0);
    if (holder == nullptr) holder = hwloc_get_root_obj(topology_.get());
    const char* const name = hwloc_obj_get_info_by_name(holder, "CPUModel");
    return name != nullptr ? name : "unknown processor";
}

int Topology::cores() const {
    return hwloc_bitmap_weight(hwloc_topology_get_allowed_cpuset(topology_.get()));
}

Topology::Caches Topology::last_level_caches() const {
    for (int type = HWLOC_OBJ_L5CACHE; type >= HWLOC_OBJ_L1CACHE; --type) {
        Caches caches;
        hwloc_obj_t cache = nullptr;
        while ((cache = hwloc_get_next_obj_by_type(
                    topology_.get(), static_cast<hwloc_obj_type_t>(type), cache)) != nullptr) {
            const auto bytes = static_cast<std::int64_t>(cache->attr->cache.size);
            if (bytes == 0) continue;
            caches.bytes = std::max(caches.bytes, bytes);
            ++caches.number;
        }
        if (caches.number > 0) return caches;
    }
    return {};
}

std::vector<int> Topology::own_cores() const {
    const Bitmap cores(hwloc_bitmap_alloc());
    check_hwloc(hwloc_get_cpubind(topology_.get(), cores.get(), HWLOC_CPUBIND_THREAD),
                "hwloc_get_cpubind");
    return numbers_of(cores);
}

std::vector<int> Topology::numa_domains_of(const std::vector<int>& cores) const {
    return numbers_of(domains_of(topology_.get(), bitmap_of(cores)));
}

int Topology::current_numa_domain() const {
    const Bitmap core(hwloc_bitmap_alloc());
    check_hwloc(hwloc_get_last_cpu_location(topology_.get(), core.get(), HWLOC_CPUBIND_THREAD),
                "hwloc_get_last_cpu_location");
    return std::max(0, hwloc_bitmap_first(domains_of(topology_.get(), core).get()));
}

void Topology::allow_all_cores() const noexcept {
    hwloc_set_cpubind(topology_.get(), hwloc_topology_get_allowed_cpuset(topology_.get()),
                      HWLOC_CPUBIND_THREAD);
}

std::string to_list(const std::vector<int>& numbers) {
    char* text = nullptr;
    check_hwloc(hwloc_bitmap_list_asprintf(&text, bitmap_of(numbers).get()),
                "hwloc_bitmap_list_asprintf");
    const std::unique_ptr<char, decltype(&std::free)> owner(text, &std::free);
    return text;
}

}  // namespace hogwild::mpi
