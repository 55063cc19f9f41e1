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
    /// @param center  c, which all ranks of the group share.
    /// @param share   theta, in (0, 1]; 0: the model has no bias.
    /// @param factor  of changes of features outside the head; as the head's factors.
    DualView(HotHead<Real>& head, std::span<Real> shared, Real& sum, const double& center,
             double share, const Real& factor)
        : head_(&head),
          shared_(shared),
          sum_(&sum),
          center_(&center),
          share_(share),
          factor_(&factor) {}

    template <class Row>
    [[gnu::always_inline]] double dot(const Row& x) const noexcept {
        return static_cast<double>(
            model::private_dot(std::span<const Real>(head_->weights()), x.hot) +
            model::shared_dot(std::span<const Real>(shared_), x.cold));
    }
    /// w += a x and, in a model with a bias, S += a, as this rank is shown its own changes: times
    /// their factors.
    template <class Row>
    [[gnu::always_inline]] void axpy(Real a, const Row& x) noexcept {
        model::NoProbe probe;
        model::shared_axpy(shared_, a * *factor_, x.cold, probe);
        if (head_->damped()) {
            model::private_axpy(head_->weights(), a, head_->factors(), x.hot);
            a *= head_->factors().back();
        } else {
            model::private_axpy(head_->weights(), a, x.hot);
        }
        if (share_ > 0.0) model::store(*sum_, model::load(*sum_) + a);
    }
    /// |x|^2 and 1, each coordinate times its factor. @pre damped()
    template <class Row>
    [[gnu::always_inline]] double damped_squares(const Row& x) const noexcept {
        return static_cast<double>(model::weighted_squares(head_->factors(), x.hot)) +
               static_cast<double>(*factor_) * model::squares(x.cold);
    }
    double damped_one() const noexcept { return static_cast<double>(head_->factors().back()); }
    bool damped() const noexcept { return head_->damped(); }
    /// Of a margin: theta S + (1 - theta) c.
    double bias() const noexcept {
        return share_ * static_cast<double>(model::load(*sum_)) +
               (1.0 - share_) * model::load(*center_);
    }

private:
    HotHead<Real>* head_;
    std::span<Real> shared_;
    Real* sum_;
    const double* center_;
    double share_;
    const Real* factor_;
};

/// The weights of a group in a shared window and this rank's hot head, which is merged when a merge
/// is due, and before and after each yield.
template <class Real>
class DualWeights final : public Hook {
public:
    /// @note Collective over the group, here, in settle(), assign() and close().
    /// @param per_epoch  batches of an epoch.
    DualWeights(const TrainingContext& context, const mpi::Communicators& comms,
                std::int64_t per_epoch)
        : context_(context),
          shared_(comms.group(), context.objective.shape.size()),
          center_(comms.group(), 1),
          head_(context, false, comms),
          ranks_(context.dual.workers > 0 ? context.dual.workers : comms.group_size()),
          merges_(ranks_ > 1 && has_head()),
          merge_every_(std::clamp<std::int64_t>(per_epoch / kMergesAnEpoch, 1,
                                                context.hot_head_plan.merge_every)),
          alone_(comms.replicas() == 1),
          move_every_(std::max<std::int64_t>(1, per_epoch / kMovesAnEpoch)),
          yield_timer_(context.oversubscribed) {
        if (merges_ || !alone_) {
            // without a head nothing is merged: all changes go into the shared weights at once
            head_.damp(comms, has_head() ? ranks_ : 1, static_cast<double>(per_epoch),
                       merge_every_);
        }
    }
    void close() {
        head_.close();
        center_.close();
        shared_.close();
    }
    static std::uint64_t bytes(const SharedMemoryPlan& plan) {
        return mpi::SharedWindow<Real>::bytes(plan.shape.size()) +
               mpi::SharedWindow<double>::bytes(1) + HotHead<Real>::bytes(plan.head_size);
    }

    DualView<Real> view() noexcept {
        return {head_,
                shared_.span(),
                has_head() ? head_.bias() : shared_.span()[bias_index()],
                center_.span().front(),
                context_.bias_share(),
                cold_factor_};
    }
    std::span<Real> span() noexcept { return shared_.span(); }
    std::span<const Real> span() const noexcept { return shared_.span(); }
    void sync() { shared_.sync(); }

    void after(const Slice& slice) override {
        if (context_.own_documents().size() == 0) return;  // its S is as old as the last reload
        const bool yields = yield_timer_.due(slice.documents);
        bool bias_is_merged = true;
        if (merges_) {
            since_merge_ += static_cast<std::int64_t>(slice.documents);
            if (yields || since_merge_ >= merge_every_) merge();
            bias_is_merged = head_.merge_bias(shared_.span()[bias_index()]);
        }
        since_move_ += static_cast<std::int64_t>(slice.batches);
        if (alone_ && bias_is_merged && since_move_ >= move_every_) move_center();
        if (!yields) return;
        YieldTimer::yield();
        if (merges_) merge();
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

    /// Blocks of weights of similar frequency, the last of which is S in the place of the bias.
    std::vector<std::size_t> block_ends() const {
        std::vector<std::size_t> ends = head_.block_ends();
        ends.push_back(context_.objective.shape.features);
        ends.push_back(context_.objective.shape.size());
        return ends;
    }
    /// From now on changes are `factors` times as large, by block. What the leader has stored in
    /// span() is what all ranks go on with. No rank may be running. @note Collective over the
    /// group.
    void go_on_from_leader(std::span<const double> factors) {
        shared_.sync();
        if (has_head()) head_.reload(shared_.span());
        std::vector<double> of_head(factors.begin(), factors.end());
        cold_factor_ = static_cast<Real>(factors[factors.size() - 2]);
        of_head.erase(of_head.end() - 2);
        head_.set_shared_factors(of_head);
        shared_.sync();
    }

    /// c of DualAscent, which the ranks of a group share.
    double center() const noexcept { return center_.span().front(); }
    double& center() noexcept { return center_.span().front(); }
    /// @param c  the same on every rank. No rank may be running. @note Collective over the group.
    void set_center(double c) {
        center_.sync();
        model::store(center_.span().front(), c);
        center_.sync();
    }

    /// Whether other ranks change the same features at the same time.
    bool has_others() const noexcept { return merges_ || !alone_; }
    /// Documents of this rank between merges.
    std::int64_t merge_every() const noexcept { return merge_every_; }
    /// Makes changes of several ranks add up to less: merges twice as often, and changes are damped
    /// twice as much. @pre no rank has unmerged changes. @return false: neither is possible.
    /// @note Collective over the group.
    bool be_careful() {
        if (!merges_) return false;
        const auto ranks = static_cast<double>(ranks_);
        if (merge_every_ == 1 && least_factor_ >= ranks) return false;
        merge_every_ = std::max<std::int64_t>(1, merge_every_ / 2);
        least_factor_ = std::min(ranks, 2.0 * least_factor_);
        head_.set_least_factor(least_factor_);
        return true;
    }

private:
    static constexpr std::int64_t kMovesAnEpoch = 8;    ///< of the center
    static constexpr std::int64_t kMergesAnEpoch = 16;  ///< at least, of few documents

    bool has_head() const noexcept { return context_.hot_head_plan.size > 0; }
    std::size_t bias_index() const noexcept { return context_.objective.shape.bias(); }
    /// This rank's share of the way to the bias of now, so that c moves with the documents of all
    /// ranks: moved by one rank alone, it would run ahead of the others while these do not run.
    /// Call after a merge: before it, S shows this rank's changes too large.
    void move_center() {
        since_move_ = 0;
        if (!context_.objective.bias) return;
        const double goal = view().bias();
        model::update<model::WriteMode::atomic>(center_.span().front(), [&](double c) {
            return c + (goal - c) / static_cast<double>(ranks_);
        });
    }
    void merge() {
        since_merge_ = 0;
        head_.merge(shared_.span(), 0.0);
    }

    const TrainingContext& context_;
    mpi::SharedWindow<Real> shared_;
    mpi::SharedWindow<double> center_;  ///< c of DualAscent
    HotHead<Real> head_;
    int ranks_;  ///< of the group, that have documents
    bool merges_;
    std::int64_t merge_every_;
    std::int64_t since_merge_ = 0;  ///< documents of this rank
    bool alone_;                    ///< there is no other group, whose exchange moves the center
    Real cold_factor_{1};           ///< see DualView
    std::int64_t move_every_;       ///< batches between moves of the center
    std::int64_t since_move_ = 0;
    double least_factor_ = 1.0;
    YieldTimer yield_timer_;
};

}  // namespace hogwild::train
