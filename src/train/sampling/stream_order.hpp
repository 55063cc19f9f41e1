#pragma once
#include <algorithm>
#include <cassert>
#include <cstdint>
#include <vector>

#include "data/partition.hpp"
#include "data/permutation.hpp"
#include "data/random.hpp"

namespace hogwild::train {

/// The order in which epochs visit a rank's documents if they are read from files while the rank
/// trains: in blocks of consecutive documents, whose order is random in each epoch. Several blocks,
/// a window, are in memory at a time, and are shuffled there.
///
/// A function of the numbers in Plan and of the epoch alone, so that a resumed run needs no state.
class StreamOrder {
public:
    struct Plan {
        std::int64_t documents = 0;  ///< of this rank, >= 0
        std::int64_t block = 1;      ///< documents, >= 1; the last block may be shorter
        std::int64_t window = 1;     ///< blocks, >= 1; the last window may have fewer
        std::uint64_t seed = 1;
        std::int64_t rank = 0;
    };
    explicit StreamOrder(const Plan& plan) : plan_(plan) {
        assert(plan.block >= 1 && plan.window >= 1);
    }

    std::int64_t documents() const noexcept { return plan_.documents; }
    /// Documents in a block that is not the last.
    std::int64_t block_size() const noexcept { return plan_.block; }
    std::int64_t blocks() const noexcept { return rounded_up(plan_.documents, plan_.block); }
    /// Of an epoch.
    std::int64_t windows() const noexcept { return rounded_up(blocks(), plan_.window); }
    /// Documents in a window that is not the last of its epoch.
    std::int64_t window_size() const noexcept { return plan_.block * plan_.window; }

    data::Range documents_of(std::int64_t block) const noexcept {
        return {block * plan_.block, std::min((block + 1) * plan_.block, plan_.documents)};
    }
    /// The blocks of a window, in the order in which they are in memory. A block that is shorter
    /// than the others comes last in each epoch: all windows before the last are equally long.
    std::vector<std::int64_t> blocks_of(std::int64_t epoch, std::int64_t window) const {
        const std::int64_t whole = plan_.documents / plan_.block;
        const data::CounterRandom random(plan_.seed, kBlocks, plan_.rank);
        const data::Permutation shuffled(whole, random.bits(static_cast<std::uint64_t>(epoch)));
        std::vector<std::int64_t> chosen;
        const std::int64_t end = std::min((window + 1) * plan_.window, blocks());
        for (std::int64_t k = window * plan_.window; k < end; ++k) {
            chosen.push_back(k < whole ? shuffled(k) : k);
        }
        return chosen;
    }
    /// For shuffling the rows of a window.
    data::CounterRandom random_of(std::int64_t epoch, std::int64_t window) const {
        return data::CounterRandom(plan_.seed, kRows, plan_.rank, epoch)
            .with(static_cast<std::uint64_t>(window));
    }

private:
    static constexpr std::uint64_t kBlocks = 0x626c6f636b73ULL;
    static constexpr std::uint64_t kRows = 0x726f7773ULL;
    static constexpr std::int64_t rounded_up(std::int64_t n, std::int64_t d) noexcept {
        return (n + d - 1) / d;
    }

    Plan plan_;
};

}  // namespace hogwild::train
