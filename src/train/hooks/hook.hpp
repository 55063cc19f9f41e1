#pragma once
#include <cstddef>
#include <cstdint>

namespace hogwild::train {

/// About 64 documents of one rank, or one batch where its gradients are added up: learning rate and
/// scale of the weights are constant in it.
struct Slice {
    std::size_t batches = 0;
    std::size_t documents = 0;
    double step_sum = 0.0;  ///< learning rate times documents
};

/// The steps to a boundary, at which no rank trains and the weights are complete. Ranks that share
/// weights finish a phase before any of them begins the next.
enum class Phase {
    flush,   ///< changes that a rank keeps for itself go into the shared weights
    decay,   ///< weight decay that is due is applied, so that stored weights are the weights
    reduce,  ///< nodes combine their weights
    reload   ///< private copies are read again
};
inline constexpr Phase kPhases[] = {Phase::flush, Phase::decay, Phase::reduce, Phase::reload};

/// What happens between slices: merging the hot head, exchange between nodes, averaging, snapshots,
/// yielding, bounded staleness. Hooks are nested around the update: before() runs from the
/// outermost hook to the innermost, everything else from the innermost to the outermost.
class Hook {
public:
    virtual ~Hook() = default;
    /// Before a round of updates. @param iteration  this rank's next batch.
    virtual void begin_round(std::int64_t /*iteration*/) {}
    /// Before a slice is drawn. May wait for other ranks. @param iteration  its first batch.
    virtual void before(std::int64_t /*iteration*/) {}
    virtual void after(const Slice& /*slice*/) {}
    virtual void end_round() {}
    /// On the way to a boundary. @note May be collective over the node, or over all leaders.
    virtual void settle(Phase /*phase*/) {}
};

}  // namespace hogwild::train
