#pragma once
#include <cstdint>
#include <span>

#include "data/partition.hpp"
#include "model/document_kernels.hpp"
#include "mpi/communicators.hpp"
#include "mpi/shared_window.hpp"
#include "train/context.hpp"
#include "train/hooks/hook.hpp"
#include "train/meters/document_totals.hpp"
#include "train/progress/global_progress.hpp"
#include "train/registry.hpp"
#include "train/regularization/lazy_l2_scale.hpp"
#include "train/regularization/shared_weight_decay.hpp"
#include "train/weights/hot_head.hpp"

namespace hogwild::train {

/// The weights as an update reads and writes them, without the bookkeeping of HotWeights.
template <class Real>
class HotView {
public:
    /// @param head    this rank's hot head.
    /// @param shared  all weights; those of features in the head may differ from the head.
    /// @param bias    null: the model has none.
    HotView(std::span<Real> head, std::span<Real> shared, Real* bias)
        : head_(head), shared_(shared), bias_(bias) {}

    template <class Row>
    [[gnu::always_inline]] Real dot(const Row& x) const noexcept {
        return model::private_dot(std::span<const Real>(head_), x.hot) +
               model::shared_dot(std::span<const Real>(shared_), x.cold) +
               (bias_ != nullptr ? model::load(*bias_) : Real{0});
    }
    /// w += a x.
    template <class Row, class Probe>
    [[gnu::always_inline]] void axpy(Real a, const Row& x, Probe& probe) noexcept {
        model::private_axpy(head_, a, x.hot);
        model::shared_axpy(shared_, a, x.cold, probe);
        if (bias_ != nullptr) model::store(*bias_, model::load(*bias_) + a);
    }

private:
    std::span<Real> head_;
    std::span<Real> shared_;
    Real* bias_;
};

/// The weights of a group in a shared window, this rank's hot head, and the weight decay of both: a
/// common scale (LazyL2Scale) if all weights decay at the same rate, else SharedWeightDecay and
/// merges of the head.
///
/// A rank is absent while it waits for other ranks, and between rounds. Other ranks may materialize
/// the scale without an absent rank, so it must not read or write weights.
template <class Real>
class HotWeights final : public Hook {
public:
    /// @note Collective over the node, here, in sync(), resume() and close().
    HotWeights(const TrainingContext& context, const mpi::Communicators& comms,
               const DocumentTotals& totals);

    HotView<Real> numbers() noexcept;
    GlobalProgress& progress() noexcept { return progress_; }
    std::span<ProgressSlot> slots() noexcept { return slots_.span(); }
    double scale() const noexcept { return scale_.value(); }
    std::int64_t materializations() const noexcept { return scale_.materializations(); }
    std::span<Real> span() noexcept { return shared_.span(); }
    void sync() { shared_.sync(); }
    bool has_head() const noexcept { return head_size_ > 0; }

    /// Applies the weight decay of a slice and counts its documents.
    void after(const Slice& slice) override;
    /// Waits for locks of other ranks.
    void settle(Phase phase) override;
    /// @param weights  the same on every rank.
    void resume(std::span<const double> weights);
    void close();
    /// Bytes of shared memory, without weights and progress.
    static std::uint64_t head_bytes(const SharedMemoryPlan& plan) {
        return LazyL2Scale::bytes(plan.ranks) + HotHead<Real>::bytes(plan.head_size);
    }

    /// Merges the blocks of the head that are due, except those that another rank is merging.
    void merge_head() {
        if (merges_) head_.merge(span(), step_sum());
    }
    void merge_bias() {
        if (merges_) head_.merge_bias(span()[shape().bias()]);
    }
    /// Merges every block. Waits for locks.
    void flush_head() {
        if (merges_) head_.flush(span(), step_sum());
    }

    /// Call before this rank reads or writes weights.
    void enter() {
        apply_to_head(scale_.enter());
        rescale();
    }
    void leave() noexcept { scale_.leave(); }
    template <class Do>
    void while_away(Do&& what) {
        leave();
        what();
        enter();
    }
    template <class Do>
    void while_back(Do&& what) {
        enter();
        what();
        leave();
    }
    template <class Do>
    void at_boundary(Do&& what) {
        what(span());
    }
    /// Excludes no rank, but renews scale and head first.
    template <class Do>
    void exclusively(Do&& what) {
        begin_view();
        what();
    }

    /// Call before weights are copied. Renews scale and head, which are old after the rank has
    /// slept, and repeats this if the rank was descheduled meanwhile.
    void begin_view();
    /// Weight u as this rank sees it.
    double view(std::size_t u) const noexcept;
    /// See LazyL2Scale.
    double log_decay() const noexcept { return scale_.log_decay(); }
    /// Call after begin_view(). Copies again where the rank was descheduled meanwhile: the scale of
    /// then does not fit the weights of now. @return log_decay() of the copy.
    template <class Out>
    double copy_to(std::span<Out> out);
    /// Adds to the head the weights that it holds, and to the shared weights the others. Merges
    /// propagate the change of the head.
    /// @param log_decay  of the weights of which these are differences.
    void add(std::span<const Real> difference, double log_decay);

private:
    static constexpr int kMostTimes = 100;  ///< of trying to see weights at their scale
    static constexpr double kClose = 0.02;  ///< relative error of the weights

    template <class Out>
    void copy_at(double s, std::span<Out> out) const;
    void rescale();
    void reload_head();
    void apply_to_head(double factor);
    static void multiply(std::span<Real> weights, double factor) noexcept;
    std::span<Real> own_block();
    double step_sum() const noexcept { return decay_.total_step_sum(); }
    Real& bias() noexcept { return has_head() ? head_.bias() : span()[shape().bias()]; }
    const model::WeightShape& shape() const noexcept { return context_.objective.shape; }
    /// The weights that are not in the head.
    data::Range cold() const noexcept;

    const TrainingContext& context_;
    std::size_t head_size_;  ///< features in the head
    mpi::SharedWindow<Real> shared_;
    mpi::SharedWindow<ProgressSlot> slots_;
    int me_;
    GlobalProgress progress_;
    LazyL2Scale scale_;
    HotHead<Real> head_;
    bool merges_;              ///< whether the head must be merged
    SharedWeightDecay decay_;  ///< of the cold weights, unless there is a common scale
};

}  // namespace hogwild::train
