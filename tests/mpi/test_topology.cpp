#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "mpi/topology.hpp"

namespace hogwild::mpi {
namespace {

using Numbers = std::vector<int>;

TEST(TopologyTest, ListsOfNumbers) {
    for (const auto& [numbers, text] : std::vector<std::pair<Numbers, std::string>>{
             {{}, ""}, {{0}, "0"}, {{0, 1}, "0-1"}, {{2, 3, 4, 9, 127, 2048}, "2-4,9,127,2048"}}) {
        EXPECT_EQ(to_list(numbers), text);
    }
}

TEST(TopologyTest, NumaDomainsOfCores) {
    const Topology machine("numa:3 l3:1 core:2 pu:2");
    EXPECT_EQ(machine.cores(), 12);
    EXPECT_EQ(machine.numa_domains_of({1}), Numbers{0});
    EXPECT_EQ(machine.numa_domains_of({3, 8}), (Numbers{0, 2}));
    EXPECT_EQ(machine.numa_domains_of({99}), Numbers{});
    EXPECT_EQ(machine.numa_domains_of({}), Numbers{});
}

TEST(TopologyTest, SystemNumbersDomainsAndCoresInAnyOrder) {
    const Topology machine("pack:2 [numa(indexes=4,0)] core:1 pu:2(indexes=0,2,1,3)");
    EXPECT_EQ(machine.numa_domains_of({0, 2}), Numbers{4});
    EXPECT_EQ(machine.numa_domains_of({3}), Numbers{0});
}

TEST(TopologyTest, LastLevelCaches) {
    const auto caches = [](const char* machine) { return Topology(machine).last_level_caches(); };
    const auto large = caches("pack:2 l3:4(size=33554432) l2:2(size=1048576) core:1 pu:1");
    EXPECT_EQ(large.bytes, 32 << 20);
    EXPECT_EQ(large.number, 8);
    const auto small = caches("l2:2(size=1048576) core:2 pu:2");
    EXPECT_EQ(small.bytes, 1 << 20);
    EXPECT_EQ(small.number, 2);
    EXPECT_EQ(caches("core:2 pu:2").number, 0);
}

TEST(TopologyTest, RefusesWhatIsNoMachine) {
    EXPECT_THROW(Topology("teapots:4"), std::system_error);
}

TEST(TopologyTest, OfThisMachine) {
    const Topology& machine = Topology::of_this_machine();
    EXPECT_EQ(&machine, &Topology::of_this_machine());
    EXPECT_FALSE(machine.cpu_name().empty());
    const Numbers own = machine.own_cores();
    EXPECT_FALSE(own.empty());
    EXPECT_LE(std::ssize(own), machine.cores());
    EXPECT_TRUE(std::ranges::is_sorted(own));
    const Numbers domains = machine.numa_domains_of(own);
    EXPECT_TRUE(std::ranges::binary_search(domains, machine.current_numa_domain()));
}

}  // namespace
}  // namespace hogwild::mpi
