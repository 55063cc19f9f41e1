#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "mpi/communicators.hpp"
#include "mpi/environment.hpp"
#include "mpi/placement.hpp"

namespace hogwild::mpi {
namespace {

using Numbers = std::vector<int>;

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
