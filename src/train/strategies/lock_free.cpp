/// Hogwild!: every rank of the node reads and writes the shared weights without any protection
/// (Niu, Recht, Ré, Wright 2011, arXiv:1106.5730, algorithm 1, with batches as in the seed paper).
///
/// In two forms. LockFree is the paper's: a batch's change is summed up, then added. HotLockFree
/// goes document by document, writes only where a document pulls, and keeps the weights that every
/// document holds in a copy per rank (see HotHead).
#include <algorithm>
#include <cmath>
#include <limits>

#include "model/document_kernels.hpp"
#include "mpi/spin_wait.hpp"
#include "train/exchange/node_exchange.hpp"
#include "train/hooks/yield_timer.hpp"
#include "train/progress/global_progress.hpp"
#include "train/registry.hpp"
#include "train/regularization/lazy_l2_scale.hpp"
#include "train/weights/hot_head.hpp"
#include "train/weights/shared_weights.hpp"

namespace hogwild::train {
namespace {

template <class Real>
class LockFree final : public SharedWeightsStrategy<Real> {
public:
    using SharedWeightsStrategy<Real>::SharedWeightsStrategy;

private:
    void process(std::int64_t iteration) override { this->apply(this->compute(iteration)); }
};

template <class Real, class Index>
class HotLockFree final : public Strategy {
public:
    HotLockFree(const TrainingContext& context, const mpi::Communicators& comms)
        : context_(context),
          work_(DocumentTotals::of(context, comms)),
          features_(context.private_plan.features),
          last_(context.batches.batches()),
          all_rows_(context.rows.compact<Index>()),
          weights_(comms.node(), context.objective.n_weights()),
          progress_(comms.node(), static_cast<std::size_t>(comms.node_size())),
          me_(comms.node_rank()),
          common_(context, work_, progress_.span(), me_),
          scale_(context, comms),
          private_(context, !scale_.used() && features_ > 0, comms),
          merges_(features_ > 0 && (comms.node_size() > 1 || private_.shrinks())),
          yield_timer_(context.oversubscribed),
          probe_(context.meters, static_cast<std::uint64_t>(comms.rank())),
          staleness_(context, progress_.span(), me_),
          exchange_(context, comms, work_) {
        if (!scale_.used())
            decay_ = SharedWeightDecay::make_for_shared<Real>(context, slots(), me_, cold());
        model::with_loss(context.objective.loss,
                         [&]<class Loss>(Loss) { slice_ = &HotLockFree::slice<Loss>; });
    }

    void run(std::int64_t until) override {
        const std::int64_t end = std::min(until, last_);
        common_.begin_round(context_.batches.documents_before(iteration_));
        exchange_.start(iteration_, common_.node_documents());
        enter();
        while (iteration_ < end) {
            if (exchange_.enabled()) absent([this] { exchange_.throttle(iteration_); });
            (this->*slice_)(draw(end));
        }
        common_.end_round();
        scale_.leave();
        exchange_.leave([this] {
            enter();
            exchange();
            scale_.leave();
        });
    }
    void resume(std::int64_t iteration, std::span<const double> weights,
                const RestoredState& /*the weights will do*/) override {
        weights_.sync();
        iteration_ = iteration;
        since_merge_ = 0;
        if (me_ == 0) {
            std::ranges::transform(weights, shared().begin(),
                                   [](double w) { return static_cast<Real>(w); });
        }
        if (exchange_.is_leader()) exchange_.restart(weights);
        weights_.sync();
        reload_private();
    }

    void quiesce() override {
        weights_.sync();  // nobody updates any more
        multiply_private(scale_.catch_up());
        if (features_ > 0) private_.flush(shared(), common_exponent());
        weights_.sync();
        decay_.flush(shared());
        common_.refresh();
        if (scale_.used())
            multiply(own_block(), scale_.materialize_at_boundary(common_.step_sum()));
        weights_.sync();
        if (exchange_.enabled()) {
            if (exchange_.is_leader()) exchange_.settle(common_.node_documents(), shared());
            weights_.sync();
        }
        reload_private();
    }
    void weights(std::span<double> out) override {
        std::ranges::transform(shared(), out.begin(),
                               [](Real w) { return static_cast<double>(w); });
        exchange_.broadcast_consensus(out);
    }
    Meters meters() const override {
        Meters meters;
        meters.documents = static_cast<double>(documents_);
        meters.pulling = static_cast<double>(pulling_);
        meters.contention = probe_.sums();
        meters.staleness = staleness_.histogram();
        if (features_ > 0) meters.private_staleness = staleness_.private_histogram();
        meters.exchange = exchange_.meters();
        meters.materializations = static_cast<double>(scale_.materializations());
        return meters;
    }
    void close() override {
        exchange_.close();
        scale_.close();
        private_.close();
        weights_.close();
        progress_.close();
    }

private:
    using Rows = model::CompactRows<Index>;
    using Row = typename Rows::Row;
    static constexpr std::size_t kAhead = 3;  ///< documents to prefetch

    /// Draws one slice (about 64 documents); learning rate and scale are constant within it.
    /// @return the number of batches.
    std::size_t draw(std::int64_t end) {
        constexpr std::size_t kStretch = 64;  // documents
        if (records_weights(context_, iteration_)) {
            look();  // at a scale that is up to date
            record_weights(
                context_, iteration_, [this](std::size_t u) { return view(u); },
                [this](std::span<double> out) { copy_view(out); });
        }
        const Snapshots* const snapshots = context_.snapshots;
        if (snapshots != nullptr && snapshots->next() > iteration_) {
            end = std::min(end, snapshots->next());
        }
        context_.batches.draw(iteration_, end, kStretch, drawn_);
        // all at once: the places are as random as the documents, and to wait for one after the
        // other would take as long as to read them
        places_.clear();
        for (const std::uint32_t row : drawn_.rows) places_.push_back(all_rows_.place(row));
        for (std::size_t k = 0; k < std::min(kAhead, places_.size()); ++k) {
            all_rows_.prefetch(places_[k]);
        }
        return drawn_.ends.size();
    }

    template <class Loss>
    void slice(std::size_t batches) {
        const double eta = context_.learning_rate(common_.documents());
        const double s = scale_.value();
        std::size_t first = 0;
        for (std::size_t b = 0; b < batches; first = drawn_.ends[b++]) {
            staleness_.before_reading();
            if (drawn_.ends[b] == first + 1) {
                single<Loss>(first, eta, s);
            } else {
                batch<Loss>(first, drawn_.ends[b], eta, s);
            }
            staleness_.after_writing();
        }
        iteration_ += static_cast<std::int64_t>(batches);
        documents_ += places_.size();
        charge(eta);
        bring_together(places_.size());
        if (exchange_.is_leader()) {
            bool due = false;
            absent([&] { due = exchange_.progress(places_.size()); });
            if (due) exchange();
        }
    }

    /// Documents [first, end) of the slice: first the slopes of all at the same weights, then the
    /// steps.
    template <class Loss>
    void batch(std::size_t first, std::size_t end, double eta, double s) {
        slopes_.resize(end - first);
        for (std::size_t k = first; k < end; ++k) {
            slopes_[k - first] = slope<Loss>(next_row(k), s);
        }
        for (std::size_t k = first; k < end; ++k) {
            if (const double p = slopes_[k - first]; p != 0.0) {
                step(Rows::row(places_[k]), p * (eta / s));
            }
        }
    }
    /// The same for one document.
    template <class Loss>
    void single(std::size_t k, double eta, double s) {
        const Row x = next_row(k);
        if (const double p = slope<Loss>(x, s); p != 0.0) step(x, p * (eta / s));
    }

    [[gnu::always_inline]] Row next_row(std::size_t k) const noexcept {
        if (k + kAhead < places_.size()) all_rows_.prefetch(places_[k + kAhead]);
        return Rows::row(places_[k]);
    }
    /// -dL/dm at the document's margin m, >= 0.
    template <class Loss>
    [[gnu::always_inline]] double slope(const Row& x, double s) noexcept {
        const Real sum = model::private_dot(std::span<const Real>(private_.weights()), x.hot) +
                         model::shared_dot(std::span<const Real>(shared()), x.cold) +
                         (context_.objective.bias ? model::load(bias()) : Real{0});
        return Loss::pull(static_cast<double>(x.y) * s * static_cast<double>(sum));
    }
    /// @param size  slope times learning rate, over the scale.
    void step(const Row& x, double size) noexcept {
        const auto a = static_cast<Real>(static_cast<double>(x.y) * size);
        model::private_axpy(private_.weights(), a, x.hot);
        model::shared_axpy(shared(), a, x.cold, probe_);
        if (context_.objective.bias) model::store(bias(), model::load(bias()) + a);
        ++pulling_;
    }

    void charge(double eta) {
        const std::size_t documents = places_.size();
        const double exponent = eta * static_cast<double>(documents);
        if (scale_.used()) {
            common_.add_step_sum(exponent);
            rescale();
        } else {
            decay_.advance(shared(), exponent, documents);  // charges it itself
        }
        common_.advance(documents);
    }

    /// Merges when due, and before and after each yield, so that a sleeping rank holds no unmerged
    /// change and a waking one has no old copy.
    void bring_together(std::size_t documents) {
        since_merge_ += static_cast<std::int64_t>(documents);
        const bool hands_over = yield_timer_.due(documents);
        if (hands_over || since_merge_ >= context_.private_plan.merge_every) merge();
        if (merges_) private_.merge_bias(shared().back());
        if (!hands_over) return;
        YieldTimer::yield();
        merge();
    }
    void merge() {
        since_merge_ = 0;
        common_.refresh();
        if (common_.exceeds_staleness_bound()) wait_for_slowest();
        if (merges_) private_.merge(shared(), common_exponent());
        staleness_.merged();
    }
    /// Merges every block (waiting for locks), waits for the slowest rank, and merges again to pick
    /// up its changes.
    void wait_for_slowest() {
        flush_private();
        absent([this] {
            mpi::spin_until([this] {
                common_.refresh();
                return !common_.exceeds_staleness_bound();
            });
        });
        flush_private();
    }

    /// Computes the scale for the next updates, and materializes it when that is due.
    void rescale() {
        scale_.advance(common_.step_sum());
        while (scale_.due()) {
            take_over(scale_.materialize(
                [this] {
                    common_.refresh();
                    return common_.step_sum();
                },
                [this](double factor) { multiply(shared(), factor); }));
            flush_private();  // a copy that is older than the scale is too small
            scale_.advance(common_.step_sum());
        }
    }
    /// At a boundary. Nobody goes on before all have done it: ranks that train may settle the scale
    /// without this one, which would then take over a factor that its copy has already.
    void reload_private() {
        if (features_ == 0) return;
        private_.reload(shared());
        weights_.sync();
    }
    /// Before weights are copied. A rank that has slept has an old scale and an old copy: both are
    /// renewed, again where it was put to sleep in between.
    void look() {
        constexpr int kMostTimes = 100;
        constexpr double kClose = 0.02;  // relative error of the weights
        for (int k = 0; k < kMostTimes; ++k) {
            common_.refresh();
            rescale();
            const double before = scale_.value();
            flush_private();
            common_.refresh();
            rescale();
            if (scale_.value() <= before && scale_.value() >= (1.0 - kClose) * before) return;
        }
    }
    void flush_private() {
        if (merges_) private_.flush(shared(), common_exponent());
    }
    /// Call before this rank reads or writes weights.
    void enter() {
        take_over(scale_.enter());
        rescale();
    }
    /// What must not be done while others may wait for this rank to settle the scale, since it may
    /// wait for them.
    template <class Do>
    void absent(Do&& what) {
        scale_.leave();
        what();
        enter();
    }
    /// Where the shared weights have been multiplied.
    void take_over(double factor) {
        if (factor == 1.0) return;
        multiply_private(factor);
        common_.refresh();  // an older exponent may be smaller than the one that was settled
    }

    void exchange() {
        look();
        exchange_.copy_or_apply(
            common_.node_documents(), [this](std::span<Real> copy) { copy_view(copy); },
            [this](std::span<const Real> difference) { add_to_view(difference); });
        exchange_.progress(0);  // hands over a copy at once
    }
    /// Adds the change to this rank's copy only: its merges pass it on.
    void add_to_view(std::span<const Real> difference) {
        const auto inverse = static_cast<Real>(1.0 / scale_.value());
        const std::span<Real> own = private_.weights();
        for (std::size_t u = 0; u < features_; ++u) own[u] += inverse * difference[u];
        if (features_ > 0) bias() += inverse * difference.back();
        const data::Range only_shared = cold();
        for (std::int64_t k = only_shared.begin; k < only_shared.end; ++k) {
            const auto u = static_cast<std::size_t>(k);
            if (const Real d = inverse * difference[u]; d != 0) {
                model::update<model::WriteMode::atomic>(shared()[u], [d](Real w) { return w + d; });
            }
        }
    }

    /// Weight u as this rank sees it.
    double view(std::size_t u) {
        if (features_ == 0 || (u >= features_ && u + 1 < shared().size())) {
            return scale_.value() * static_cast<double>(model::load(shared()[u]));
        }
        const Real own = u < features_ ? private_.weights()[u] : private_.bias();
        return scale_.value() * static_cast<double>(own);
    }
    template <class Out>
    void copy_view(std::span<Out> out) {
        const double s = scale_.value();
        const std::span<Real> own = private_.weights();
        for (std::size_t u = 0; u < features_; ++u) {
            out[u] = static_cast<Out>(static_cast<Real>(s) * own[u]);
        }
        if (features_ > 0) out.back() = static_cast<Out>(s * static_cast<double>(bias()));
        const data::Range only_shared = cold();
        for (std::int64_t k = only_shared.begin; k < only_shared.end; ++k) {
            const auto u = static_cast<std::size_t>(k);
            out[u] = static_cast<Out>(s * static_cast<double>(model::load(shared()[u])));
        }
    }

    /// Replaces subnormal numbers by 0: computing with them is slow.
    static void multiply(std::span<Real> weights, double factor) noexcept {
        for (Real& w : weights) {
            const auto product = static_cast<Real>(static_cast<double>(w) * factor);
            w = std::abs(product) < std::numeric_limits<Real>::min() ? Real{0} : product;
        }
    }
    void multiply_private(double factor) noexcept {
        if (factor != 1.0) private_.multiply(static_cast<Real>(factor));
    }
    std::span<Real> own_block() {
        const data::Range block = data::equal_part(std::ssize(shared()), std::ssize(slots()), me_);
        return shared().subspan(static_cast<std::size_t>(block.begin),
                                static_cast<std::size_t>(block.size()));
    }

    std::span<Real> shared() noexcept { return weights_.span(); }
    std::span<ProgressSlot> slots() noexcept { return progress_.span(); }
    Real& bias() noexcept { return features_ > 0 ? private_.bias() : shared().back(); }
    double common_exponent() const noexcept { return decay_.common_exponent(); }
    /// The weights that only the window holds.
    data::Range cold() const {
        const auto n = static_cast<std::int64_t>(context_.objective.n_weights());
        if (features_ == 0) return {0, n};
        return {static_cast<std::int64_t>(features_), n - 1};
    }

    const TrainingContext& context_;
    DocumentTotals work_;
    std::size_t features_;  ///< in the copy
    std::int64_t last_;
    const Rows& all_rows_;
    mpi::SharedWindow<Real> weights_;
    mpi::SharedWindow<ProgressSlot> progress_;
    int me_;
    GlobalProgress common_;
    LazyL2Scale scale_;
    HotHead<Real> private_;
    bool merges_;              ///< whether anything must be merged before the end
    SharedWeightDecay decay_;  ///< of the cold weights, where there is no common scale
    YieldTimer yield_timer_;
    StoreProbe probe_;
    StalenessMeter staleness_;
    NodeExchange<Real> exchange_;
    void (HotLockFree::*slice_)(std::size_t) = nullptr;
    BatchList drawn_;                           ///< the slice
    std::vector<typename Rows::Place> places_;  ///< of its rows
    std::vector<double> slopes_;
    std::int64_t iteration_ = 0;  ///< the next one
    std::int64_t since_merge_ = 0;
    std::size_t documents_ = 0;
    std::size_t pulling_ = 0;
};

template <class Real>
using NarrowHotLockFree = HotLockFree<Real, std::uint16_t>;
template <class Real>
using WideHotLockFree = HotLockFree<Real, std::uint32_t>;

std::unique_ptr<Strategy> make_lock_free(Precision precision, const TrainingContext& context,
                                         const mpi::Communicators& comms) {
    using Layout = model::TrainingRows::Layout;
    switch (context.rows.layout()) {
        case Layout::narrow:
            return make_with<NarrowHotLockFree>(precision, context, comms);
        case Layout::wide:
            return make_with<WideHotLockFree>(precision, context, comms);
        case Layout::plain:
            break;
    }
    return make_with<LockFree>(precision, context, comms);
}

}  // namespace

extern const StrategyInfo kLockFree{
    .name = "lock-free",
    .summary = "shared weights, nobody waits and nothing is locked",
    .reference = "Niu et al. 2011, algorithm 1",
    .shares_memory = true,
    .has_private_features = true,
    .row_layout =
        [](const HotHeadPlan& plan, bool writes_on_pull, std::size_t n_features) {
            using Layout = model::TrainingRows::Layout;
            if (!plan.by_document || !writes_on_pull) return Layout::plain;
            return n_features < std::size_t{1} << 16 ? Layout::narrow : Layout::wide;
        },
    .shared_bytes =
        [](const SharedMemoryPlan& plan) {
            return shared_weights_bytes(plan) + LazyL2Scale::bytes(plan.ranks) +
                   HotHead<float>::bytes(plan.private_features);
        },
    .make = make_lock_free};

}  // namespace hogwild::train
