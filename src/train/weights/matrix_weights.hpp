#pragma once
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include "data/random.hpp"
#include "model/bfloat16.hpp"
#include "mpi/communicators.hpp"
#include "mpi/shared_window.hpp"
#include "train/context.hpp"
#include "train/meters/document_totals.hpp"
#include "train/progress/global_progress.hpp"
#include "train/regularization/output_scales.hpp"
#include "train/weights/matrix_head.hpp"

namespace hogwild::train {

/// The weights of several outputs in a shared window, a row for each input (model::MatrixKernels),
/// and their lazy weight decay (OutputScales). Each rank has private rows (MatrixHead) of the bias,
/// which every document changes, and of the features of the hot head. It merges the bias between
/// slices, the others less often.
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
    std::span<const float> scales() const noexcept { return scales_.values(); }
    /// 1 / scales().
    std::span<const float> inverse_scales() const noexcept { return scales_.inverses(); }
    /// The features with a private row: the first ones.
    std::size_t head_size() const noexcept { return head_.features(); }
    /// This rank's private rows of features, and one more for padding entries.
    std::span<Weight> head() noexcept { return head_.rows(); }
    /// This rank's private row of the bias, stride() weights.
    std::span<float> bias() noexcept { return head_.bias(); }
    GlobalProgress& progress() noexcept { return progress_; }
    std::span<ProgressSlot> slots() noexcept { return slots_.span(); }
    std::int64_t materializations() const noexcept { return scales_.materializations(); }

    void sync() { shared_.sync(); }
    void after(const Slice& slice) override;
    void settle(Phase phase) override;
    /// The weights without padding. Call at a boundary. @param out  shape.size() values.
    void copy_to(std::span<double> out) const;
    /// @param weights  shape.size() values, the same on every rank.
    void resume(std::span<const double> weights);
    void close();
    /// @param head  features with a private row. @param ranks  of the group.
    static std::uint64_t bytes(const model::WeightShape& shape, std::size_t head, int ranks);

    // What HeadMerge calls.
    void merge_head() noexcept {
        head_.merge(span(), head_noise());
        merge_bias();
    }
    void flush_head() noexcept {
        flush_rows();
        merge_bias();
    }
    /// @return false: another rank is merging it.
    bool merge_bias() noexcept { return head_.try_merge_bias(shared_bias_.span()); }
    void enter();
    void leave() noexcept { scales_.leave(); }
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
        flush_head();
        what();
    }
    /// The weights as this rank sees them while others train.
    double copy_to(std::span<float> out);
    /// Adds to this rank's private rows, which merges propagate, and to the shared ones.
    void add(std::span<const float> difference, double log_decay);
    /// Outputs decay at rates of their own.
    static double log_decay() noexcept { return 0.0; }
    /// Call on one rank, while no rank trains.
    template <class Do>
    void at_boundary(Do&& what) {
        std::vector<float> all(shape_.size());
        copy_settled_to(std::span<float>(all));
        what(std::span<float>(all));
        replace(std::span<const float>(all));
    }

private:
    void rescale();
    /// The scales of now: between rows, while all of them are read or written.
    void renew_scales();
    template <class Out>
    void copy_settled_to(std::span<Out> out) const;
    /// The shared weights become these. @param weights  shape.size() values.
    template <class In>
    void replace(std::span<const In> weights);
    void flush_rows() noexcept { head_.flush(span(), head_noise()); }
    void reload_head() noexcept;
    /// Multiplies the private rows after the shared weights have been multiplied.
    void apply_to_head() noexcept;
    /// A feature's row as this rank trains it.
    std::span<Weight> row_of(std::size_t feature) noexcept {
        return (feature < head_size() ? head() : span()).subspan(feature * stride_, stride_);
    }
    /// Drawn for private rows alone, so that a run without them keeps its bits.
    std::uint32_t head_noise() noexcept { return head_size() > 0 ? next_noise() : 0; }
    /// The noise with which weights are rounded when the scales of some outputs are materialized.
    /// It is not drawn, so that the noise of steps does not depend on how often that happens.
    /// @param exponent  the step sum at which they are due.
    std::uint32_t noise_at(double exponent) const noexcept;
    /// Multiplies rows [first, end), where the bias is the last one.
    /// @param factors  by output. @param exponent  see noise_at().
    void multiply(std::size_t first, std::size_t end, std::span<const float> factors,
                  double exponent);

    model::WeightShape shape_;
    std::size_t stride_;
    mpi::SharedWindow<Weight> shared_;
    mpi::SharedWindow<float> shared_bias_;
    mpi::SharedWindow<ProgressSlot> slots_;
    int me_;
    data::CounterRandom random_;
    std::uint64_t drawn_ = 0;
    GlobalProgress progress_;
    OutputScales scales_;
    MatrixHead<Weight> head_;
};

}  // namespace hogwild::train
