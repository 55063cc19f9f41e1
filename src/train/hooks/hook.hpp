#pragma once
#include <cstddef>
#include <cstdint>

namespace hogwild::train {

/// About 64 documents of one rank; or one batch, if its gradients are summed. Learning rate and
/// scale of the weights are constant within a slice.
struct Slice {
    std::size_t batches = 0;
    std::size_t documents = 0;
    double step_sum = 0.0;  ///< learning rate times documents
};

/// The steps to a boundary, at which no rank trains and the weights are complete. Ranks that share
/// weights finish a phase before any of them begins the next.
enum class Phase {
    flush,   ///< ranks add their unmerged changes to the shared weights
    decay,   ///< all weight decay is applied, so that stored values are the weights
    reduce,  ///< groups combine their weights
    reload   ///< ranks read their hot heads from the shared weights
};
inline constexpr Phase kPhases[] = {Phase::flush, Phase::decay, Phase::reduce, Phase::reload};

/// An action between slices: merging the hot head, exchange between nodes, averaging, snapshots,
/// yielding, bounded staleness. Hooks are nested around the update: before() runs from the
/// outermost hook to the innermost, everything else from the innermost to the outermost.
class Hook {
public:
    virtual ~Hook() = default;
    /// Called before a round of updates. @param iteration  this rank's next batch.
    virtual void begin_round(std::int64_t /*iteration*/) {}
    /// Called before a slice is drawn. May wait for other ranks. @param iteration  its first batch.
    virtual void before(std::int64_t /*iteration*/) {}
    virtual void after(const Slice& /*slice*/) {}
    virtual void end_round() {}
    /// Takes part in a phase on the way to a boundary. @note May be collective over the node, or
    /// over all leaders.
    virtual void settle(Phase /*phase*/) {}
};

}  // namespace hogwild::train
