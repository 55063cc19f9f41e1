#pragma once
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include "data/cache_line_allocator.hpp"
#include "data/random.hpp"
#include "model/bfloat16.hpp"
#include "mpi/communicators.hpp"
#include "mpi/shared_window.hpp"
#include "mpi/spin_lock.hpp"
#include "train/context.hpp"
#include "train/meters/document_totals.hpp"
#include "train/progress/global_progress.hpp"
#include "train/regularization/lazy_l2_scale.hpp"

namespace hogwild::train {

/// The weights of several outputs in a shared window, a row for each input (model::MatrixKernels),
/// and their lazy weight decay: output o has a scale of its own, exp(-lambda_o r_o E), where r_o is
/// its rate_share and E the step sum of all ranks of the group. Each rank has a copy of the bias,
/// which every document changes, and merges it between slices.
///
/// Weights in memory are floats or Bfloat16, the bias always floats. Bfloat16 are rounded at random
/// (see model::rounded), each rank by a stream of its own; all outputs of an entry in the same way,
/// so that what one learns does not depend on which others share its matrix.
///
/// A rank is absent while it waits for other ranks, and between rounds, see LazyL2Scale.
/// @tparam Weight  float or model::Bfloat16.
template <class Weight>
class MatrixWeights final : public Hook {
public:
    /// @note Collective over the group, here, in sync(), resume() and close().
    MatrixWeights(const TrainingContext& context, const mpi::Communicators& comms,
                  const DocumentTotals& totals);

    /// Weights from a row to the next.
    std::size_t stride() const noexcept { return stride_; }
    /// The rows of the features, without that of the bias.
    std::span<Weight> span() noexcept { return shared_.span(); }
    /// The noise of this rank's next step, see model::MatrixKernels. 0 for floats.
    std::uint32_t next_noise() noexcept {
        if constexpr (std::is_same_v<Weight, float>) return 0;
        return static_cast<std::uint32_t>(random_.bits(drawn_++) >> 32U);
    }
    /// Weight divided by stored value, by output, stride() of them; renewed between slices.
    std::span<const float> scales() const noexcept { return scales_; }
    /// 1 / scales().
    std::span<const float> inverse_scales() const noexcept { return inverse_scales_; }
    /// This rank's copy of the row of the bias, stride() weights.
    std::span<float> bias() noexcept { return bias_; }
    GlobalProgress& progress() noexcept { return progress_; }
    std::span<ProgressSlot> slots() noexcept { return slots_.span(); }
    std::int64_t materializations() const noexcept { return common_scale_.materializations(); }

    void sync() { shared_.sync(); }
    void after(const Slice& slice) override;
    void settle(Phase phase) override;
    /// The weights without padding. Call at a boundary. @param out  shape.size() values.
    void copy_to(std::span<double> out) const;
    /// @param weights  shape.size() values, the same on every rank.
    void resume(std::span<const double> weights);
    void close();
    static std::uint64_t bytes(const model::WeightShape& shape, int ranks);

    // What HeadMerge calls. The bias is all that a rank has a copy of.
    void merge_head() noexcept { try_merge_bias(); }
    void flush_head() noexcept { try_merge_bias(); }
    /// Adds this rank's changes of the bias to the shared row, and takes those of the others; not
    /// if another rank is merging.
    void merge_bias() noexcept { try_merge_bias(); }
    void enter();
    void leave() noexcept { common_scale_.leave(); }
    template <class Do>
    void while_away(Do&& what) {
        leave();
        what();
        enter();
    }

    // What ExchangeHook calls, with matrices as floats without padding, shape.size() of them.
    template <class Do>
    void while_back(Do&& what) {
        enter();
        what();
        leave();
    }
    /// Excludes no rank.
    template <class Do>
    void exclusively(Do&& what) {
        try_merge_bias();
        what();
    }
    /// The weights as this rank sees them while others train.
    void copy_to(std::span<float> out);
    /// Adds to the shared rows, and to this rank's bias, which merges propagate.
    void add(std::span<const float> difference);
    /// Call on one rank, while no rank trains.
    template <class Do>
    void at_boundary(Do&& what) {
        std::vector<float> all(shape_.size());
        copy_settled_to(std::span<float>(all));
        what(std::span<float>(all));
        replace(std::span<const float>(all));
    }

private:
    using Floats = std::vector<float, data::CacheLineAllocator<float>>;
    struct alignas(64) BiasLock {
        mpi::SpinLock lock;  ///< held by the rank that merges its bias
    };

    void rescale();
    void set_scales();
    /// The scales of now: between rows, while all of them are read or written.
    void renew_scales();
    template <class Out>
    void copy_settled_to(std::span<Out> out) const;
    /// The shared weights become these. @param weights  shape.size() values.
    template <class In>
    void replace(std::span<const In> weights);
    /// @return whether it has merged.
    bool try_merge_bias() noexcept;
    void reload_bias() noexcept;
    /// Multiplies this rank's copy after the shared weights have been multiplied.
    void apply_to_bias(double factor) noexcept;
    /// Multiplies rows [first, end), where the bias is the last one, by factor^decay_[o].
    void multiply(std::size_t first, std::size_t end, double factor);
    float power(double factor, std::size_t output) const noexcept;

    model::WeightShape shape_;
    std::size_t stride_;
    std::vector<double> decay_;  ///< lambda_o r_o / lambda of common_scale_, at most 1
    mpi::SharedWindow<Weight> shared_;
    mpi::SharedWindow<float> shared_bias_;
    mpi::SharedWindow<ProgressSlot> slots_;
    mpi::SharedWindow<BiasLock> bias_lock_;
    int me_;
    data::CounterRandom random_;
    std::uint64_t drawn_ = 0;
    GlobalProgress progress_;
    LazyL2Scale common_scale_;  ///< of the objective's lambda
    Floats scales_;
    Floats inverse_scales_;
    Floats bias_;
    Floats merged_bias_;  ///< bias_ after the last merge
};

}  // namespace hogwild::train
