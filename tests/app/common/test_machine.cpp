#include <gtest/gtest.h>

#include "app/common/machine.hpp"

namespace hogwild::app {
namespace {

TEST(MachineTest, HasTheCachesThatHwlocFinds) {
    const Machine machine = machine_of(mpi::Topology("pack:2 l3:1(size=33554432) core:4 pu:1"));
    EXPECT_EQ(machine.cpu, "unknown processor");  // not of an invented machine
    EXPECT_EQ(machine.cores, 8);
    EXPECT_EQ(machine.last_level_cache, 32 << 20);
    EXPECT_EQ(machine.last_level_caches, 2);
}

TEST(MachineTest, HasOneCacheWhereHwlocFindsNone) {
    const Machine machine = machine_of(mpi::Topology("core:4 pu:1"));
    EXPECT_GT(machine.last_level_cache, 0);
    EXPECT_EQ(machine.last_level_caches, 1);
}

}  // namespace
}  // namespace hogwild::app
