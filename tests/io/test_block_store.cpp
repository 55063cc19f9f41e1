#include <gtest/gtest.h>

#include <cstddef>
#include <vector>

#include "io/block_store.hpp"
#include "support/expect_error.hpp"
#include "support/file_size_limit.hpp"
#include "support/scratch_dir.hpp"

namespace hogwild::io {
namespace {

std::vector<std::byte> block_of(std::size_t size, int seed) {
    std::vector<std::byte> block(size);
    for (std::size_t k = 0; k < size; ++k) {
        block[k] = static_cast<std::byte>(k * 7 + static_cast<std::size_t>(seed));
    }
    return block;
}

TEST(BlockStore, GivesBlocksBackInAnyOrderAndLeavesNoFile) {
    const test::ScratchDir dir;
    BlockStore store(dir.path());
    for (const int key : {5, 0, 3}) {
        EXPECT_FALSE(store.has(key));
        store.put(key, block_of(static_cast<std::size_t>(1000 * key), key));
        EXPECT_TRUE(store.has(key));
    }
    for (const int key : {3, 5, 0, 3}) {
        const std::span<const std::byte> block = store.get(key);
        EXPECT_EQ(std::vector<std::byte>(block.begin(), block.end()),
                  block_of(static_cast<std::size_t>(1000 * key), key));
    }
    EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
}

TEST(BlockStore, AFolderThatIsNotThere) {
    EXPECT_TRUE(test::fails_with(ExitCode::cannot_create, "/nowhere: temporary file",
                                 [] { BlockStore store("/nowhere"); }));
}

}  // namespace
}  // namespace hogwild::io
