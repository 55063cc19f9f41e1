#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "mpi/communicators.hpp"
#include "mpi/environment.hpp"
#include "mpi/placement.hpp"
#include "support/scratch_dir.hpp"

namespace hogwild::mpi {
namespace {

using Numbers = std::vector<int>;

TEST(PlacementTest, ListsOfCores) {
    for (const auto& [numbers, text] : std::vector<std::pair<Numbers, std::string>>{
             {{}, ""}, {{0}, "0"}, {{0, 1}, "0-1"}, {{2, 3, 4, 9, 127, 128}, "2-4,9,127-128"}}) {
        EXPECT_EQ(to_list(numbers), text);
        EXPECT_EQ(from_list(text), numbers);
    }
    EXPECT_EQ(from_list("0-1\n"), (Numbers{0, 1}));
    for (const char* wrong : {"x", "-", ",", "-3"}) EXPECT_LE(from_list(wrong).size(), 1U) << wrong;
    EXPECT_EQ(from_list("4,7-"), Numbers{4});
}

TEST(PlacementTest, DomainsOfCores) {
    const test::ScratchDir sys;
    std::ofstream(sys.file("online")) << "0,2-3\n";
    for (const auto& [domain, cpus] :
         {std::pair("0", "0-3,8-11"), std::pair("2", "4-7"), std::pair("3", "")}) {
        const std::string folder = sys.file(std::string("node") + domain);
        std::filesystem::create_directory(folder);
        std::ofstream(folder + "/cpulist") << cpus << "\n";
    }
    EXPECT_EQ(numa_domains_of({1}, sys.file("")), Numbers{0});
    EXPECT_EQ(numa_domains_of({3, 4}, sys.file("")), (Numbers{0, 2}));
    EXPECT_EQ(numa_domains_of({99}, sys.file("")), Numbers{});
    EXPECT_EQ(numa_domains_of({1}, sys.file("nothing")), Numbers{});
}

TEST(PlacementTest, RanksOfANodeTogether) {
    const std::vector<NodePlacement> nodes = by_node({{"a", 0, {0}, {0}},
                                                      {"b", 1, {0, 1, 2, 3}, {0, 1}},
                                                      {"a", 0, {1}, {0}},
                                                      {"b", 1, {0, 1, 2, 3}, {0, 1}},
                                                      {"a", 4, {5}, {1}},  // a name says nothing
                                                      {"a", 4, {5}, {1}}});
    ASSERT_EQ(nodes.size(), 3U);
    EXPECT_EQ(nodes[0].ranks, (Numbers{0, 2}));
    EXPECT_EQ(nodes[0].cores, (Numbers{0, 1}));
    EXPECT_FALSE(nodes[0].overlap || nodes[0].crowded());
    EXPECT_EQ(nodes[1].host, "b");
    EXPECT_EQ(nodes[1].numa_domains, (Numbers{0, 1}));
    EXPECT_TRUE(nodes[1].overlap);
    EXPECT_FALSE(nodes[1].crowded());
    EXPECT_TRUE(nodes[2].overlap && nodes[2].crowded());
}

TEST(PlacementTest, OfAllRanks) {
    Communicators comms(MPI_COMM_WORLD);
    const std::vector<Placement> all = gather_placements(comms.world());
    EXPECT_EQ(all.size(), comms.rank() == 0 ? static_cast<std::size_t>(comms.size()) : 0U);
    for (const Placement& p : all) {
        EXPECT_EQ(p.host, host_name());
        EXPECT_EQ(p.node, 0);
        EXPECT_FALSE(p.cores.empty());
    }
    comms.close();
}

}  // namespace
}  // namespace hogwild::mpi
