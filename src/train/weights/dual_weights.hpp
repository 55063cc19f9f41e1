#pragma once
#include <algorithm>
#include <cstdint>
#include <span>

#include "model/document_kernels.hpp"
#include "mpi/communicators.hpp"
#include "mpi/shared_window.hpp"
#include "train/context.hpp"
#include "train/hooks/hook.hpp"
#include "train/hooks/yield_timer.hpp"
#include "train/registry.hpp"
#include "train/weights/hot_head.hpp"

namespace hogwild::train {

/// The weights as dual coordinate ascent reads and writes them. The bias is not among them: what
/// stands in its place is the sum S of the dual variables (see DualAscent).
template <class Real>
class DualView {
public:
    /// @param head  of this rank. @param shared  all weights. @param sum  S of this rank.
    /// @param center  c, which all ranks of the group share. @param leads  this rank moves it.
    DualView(HotHead<Real>& head, std::span<Real> shared, Real& sum, double& center, bool leads)
        : head_(&head), shared_(shared), sum_(&sum), center_(&center), leads_(leads) {}

    template <class Row>
    [[gnu::always_inline]] double dot(const Row& x) const noexcept {
        return static_cast<double>(
            model::private_dot(std::span<const Real>(head_->weights()), x.hot) +
            model::shared_dot(std::span<const Real>(shared_), x.cold));
    }
    /// w += a x and S += a, as this rank is shown its own changes: times their factors.
    template <class Row>
    [[gnu::always_inline]] void axpy(Real a, const Row& x) noexcept {
        model::NoProbe probe;
        model::shared_axpy(shared_, a, x.cold, probe);
        if (!head_->damped()) {
            model::private_axpy(head_->weights(), a, x.hot);
            *sum_ += a;
            return;
        }
        model::private_axpy(head_->weights(), a, head_->factors(), x.hot);
        *sum_ += a * head_->factors().back();
    }
    /// |x|^2 and 1, each coordinate times its factor. @pre damped()
    template <class Row>
    [[gnu::always_inline]] double damped_squares(const Row& x) const noexcept {
        return static_cast<double>(model::weighted_squares(head_->factors(), x.hot)) +
               model::squares(x.cold);
    }
    double damped_one() const noexcept { return static_cast<double>(head_->factors().back()); }
    bool damped() const noexcept { return head_->damped(); }
    double sum() const noexcept { return static_cast<double>(*sum_); }
    double center() const noexcept { return model::load(*center_); }
    void move_center(double c) noexcept {
        if (leads_) model::store(*center_, c);
    }

private:
    HotHead<Real>* head_;
    std::span<Real> shared_;
    Real* sum_;
    double* center_;
    bool leads_;
};

/// The weights of a group in a shared window and this rank's hot head, which is merged when a merge
/// is due, and before and after each yield.
template <class Real>
class DualWeights final : public Hook {
public:
    /// @note Collective over the group, here, in settle(), assign() and close().
    DualWeights(const TrainingContext& context, const mpi::Communicators& comms)
        : context_(context),
          shared_(comms.group(), context.objective.shape.size()),
          center_(comms.group(), 1),
          leads_(comms.is_leader()),
          head_(context, false, comms),
          merges_(comms.group_size() > 1 && has_head()),
          ranks_(comms.group_size()),
          merge_every_(context.hot_head_plan.merge_every),
          yield_timer_(context.oversubscribed) {
        if (merges_) head_.damp(comms.group_size());
    }
    void close() {
        head_.close();
        center_.close();
        shared_.close();
    }
    static std::uint64_t bytes(const SharedMemoryPlan& plan) {
        return mpi::SharedWindow<Real>::bytes(plan.shape.size()) +
               mpi::SharedWindow<double>::bytes(1) +
               HotHead<Real>::bytes(plan.head_size);
    }

    DualView<Real> view() noexcept {
        return {head_, shared_.span(), has_head() ? head_.bias() : shared_.span()[bias_index()],
                center_.span().front(), leads_};
    }
    std::span<const Real> span() const noexcept { return shared_.span(); }
    void sync() { shared_.sync(); }

    void after(const Slice& slice) override {
        if (!merges_) {
            if (yield_timer_.due(slice.documents)) YieldTimer::yield();
            return;
        }
        since_merge_ += static_cast<std::int64_t>(slice.documents);
        const bool yields = yield_timer_.due(slice.documents);
        if (yields || since_merge_ >= merge_every_) merge();
        head_.merge_bias(shared_.span()[bias_index()]);
        if (!yields) return;
        YieldTimer::yield();
        merge();
    }
    /// Waits for locks of other ranks.
    void settle(Phase phase) override {
        if (!has_head()) return;
        if (phase == Phase::flush) head_.flush(shared_.span(), 0.0);
        if (phase == Phase::reload) head_.reload(shared_.span());
    }
    /// Replaces all weights, on every rank of the group by the same. No rank may be running.
    /// @param weights  S in place of the bias.
    void assign(std::span<const double> weights, int group_rank) {
        shared_.sync();
        if (group_rank == 0) {
            std::ranges::transform(weights, shared_.span().begin(),
                                   [](double w) { return static_cast<Real>(w); });
        }
        shared_.sync();
        if (has_head()) head_.reload(shared_.span());
        shared_.sync();
    }

    /// Documents of this rank between merges.
    std::int64_t merge_every() const noexcept { return merge_every_; }
    /// Makes changes of several ranks add up to less: merges twice as often, and changes are damped
    /// twice as much. @pre there is no unmerged change. @return false: neither is possible.
    bool be_careful() noexcept {
        if (!merges_) return false;
        constexpr std::int64_t kFewest = 4;
        const auto ranks = static_cast<double>(ranks_);
        if (merge_every_ <= kFewest && least_factor_ >= ranks) return false;
        merge_every_ = std::max(kFewest, merge_every_ / 2);
        least_factor_ = std::min(ranks, 2.0 * least_factor_);
        head_.set_least_factor(least_factor_);
        return true;
    }

private:
    bool has_head() const noexcept { return context_.hot_head_plan.size > 0; }
    std::size_t bias_index() const noexcept { return context_.objective.shape.bias(); }
    void merge() {
        since_merge_ = 0;
        head_.merge(shared_.span(), 0.0);
    }

    const TrainingContext& context_;
    mpi::SharedWindow<Real> shared_;
    mpi::SharedWindow<double> center_;  ///< c of DualAscent
    bool leads_;
    HotHead<Real> head_;
    bool merges_;
    int ranks_;  ///< of the group
    std::int64_t merge_every_;
    std::int64_t since_merge_ = 0;  ///< documents of this rank
    double least_factor_ = 1.0;
    YieldTimer yield_timer_;
};

}  // namespace hogwild::train
