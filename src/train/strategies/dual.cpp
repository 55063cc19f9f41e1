#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/error.hpp"
#include "mpi/collectives.hpp"
#include "train/certifier.hpp"
#include "train/document_trainer.hpp"
#include "train/strategies/dual_ascent.hpp"
#include "train/strategies/dual_rounds.hpp"
#include "train/strategies/dual_start.hpp"

namespace hogwild::train {
namespace {

/// Runs DualAscent on the ranks of a node, and certifies what it has reached.
template <class Loss, class Real, class Index>
class DualTrainer final : public Trainer {
public:
    DualTrainer(const TrainingContext& context, const mpi::Communicators& comms)
        : context_(context),
          comms_(comms),
          due_(static_cast<DueDocuments&>(context.batches)),  // made by StrategyInfo::batches
          variables_(static_cast<std::size_t>(context.own_documents().size())),
          weights_(context, comms, due_.per_epoch()),
          ascent_(context, weights_.view(), due_, variables_),
          reader_(context.rows.compact<Index>(), due_),
          engine_(
              reader_, ascent_, meter_, [] { return Step{}; }, nullptr),
          rounds_(context, comms, weights_, ascent_),
          certifier_(context, comms.world()),
          next_look_(weights_.has_others() ? kFirstLook : kFirstLookAlone) {
        limit_slices();
        engine_.add(rounds_);
        engine_.add(weights_);
        if (context.progress_report != nullptr) engine_.add(*context.progress_report);
    }

    void run(std::int64_t until) override {
        certificate_.reset();
        const std::int64_t end = std::min(until, due_.batches());
        const std::int64_t round = rounds_.length(due_.per_epoch());
        while (rounds_.enabled() && engine_.iteration() / round < (end - 1) / round) {
            engine_.run((engine_.iteration() / round + 1) * round);
            meet(true);
        }
        engine_.run(end);
    }
    void quiesce() override { meet(false); }
    void weights(std::span<double> out) override {
        if (certificate_) {
            std::ranges::copy(certifier_.weights(), out.begin());
            return;
        }
        std::ranges::transform(weights_.span(), out.begin(),
                               [](Real w) { return static_cast<double>(w); });
        out[context_.objective.shape.bias()] = weights_.view().bias();
    }
    std::optional<Certificate> certify(bool at_any_rate) override {
        if (certificate_) return certificate_;  // nothing has moved since
        ++epochs_;
        const bool may_be_there = near();
        const bool looks_for_progress = epochs_ >= next_look_ && !soon_there();
        if (epochs_ >= next_look_) next_look_ *= 2;
        if (!at_any_rate && !may_be_there && !looks_for_progress) return {};
        compute_certificate();
        if (looks_for_progress) take_care_if_stuck(*certificate_);
        return certificate_;
    }
    void save(SavedState& out) const override {
        std::vector<double> a;
        for (const DualVariable& variable : variables_) a.push_back(variable.a);
        out.documents.put("dual_variables", std::span<const double>(a));
        out.common.put("dual_center", weights_.center());
    }
    void check_restored(const RestoredState& saved) const override {
        if (!saved.common().has("dual_center")) {
            throw Error(ExitCode::bad_data, "the checkpoint lacks 'dual_variables'");
        }
        const std::span<const double> a = saved.whole("dual_variables");  // on rank 0
        if (!a.empty() && std::ssize(a) != context_.training_documents) {
            throw Error(ExitCode::bad_data, "'dual_variables' are of " + std::to_string(a.size()) +
                                                " documents, not " +
                                                std::to_string(context_.training_documents));
        }
        const auto outside = [](double x) { return x > model::DualLoss<Loss>::kLargest; };
        if (std::ranges::any_of(a, outside)) {
            throw Error(ExitCode::bad_data, "'dual_variables' exceed what the loss allows");
        }
    }
    void resume(std::int64_t iteration, std::span<const double> weights,
                const RestoredState& saved) override {
        if (saved.common().has("dual_center")) {
            const std::vector<double> a = saved.of_documents("dual_variables");
            for (std::size_t i = 0; i < a.size(); ++i) variables_[i].a = a[i];
            weights_.set_center(saved.common().number("dual_center"));
        } else {
            const std::vector<double> a =
                starting_variables<Loss>(context_, comms_.world(), certifier_, ascent_, weights,
                                         saved.of_documents("dual_variables"));
            for (std::size_t i = 0; i < a.size(); ++i) variables_[i].a = a[i];
            weights_.set_center(weights[context_.objective.shape.bias()]);
        }
        engine_.restart_at(iteration);
        compute_certificate();
    }
    Meters meters() const override {
        Meters meters;
        meters.documents = static_cast<double>(engine_.documents());
        meters.active = static_cast<double>(ascent_.moves());
        meters.exchange = rounds_.meters();
        return meters;
    }
    void close() override {
        rounds_.close();
        weights_.close();
    }

private:
    void meet(bool may_be_late) {
        engine_.settle([this] { weights_.sync(); });
        if (!rounds_.enabled()) return;
        rounds_.meet(engine_.documents() - documents_met_, may_be_late);
        documents_met_ = engine_.documents();
    }
    /// Whether the gap may be reached, by the documents' shares of it when they were last visited.
    /// @note Collective.
    bool near() {
        double sums[] = {ascent_.take_gap_estimate(), ascent_.take_gain(),
                         own_norm2() / comms_.replicas()};
        mpi::sum_in_rank_order(comms_.world(), sums);
        dual_sum_ += sums[1];
        if (!context_.dual.gap) return false;
        const auto n = static_cast<double>(context_.training_documents);
        const double dual = dual_sum_ / n - 0.5 * context_.objective.lambda * sums[2];
        estimate_ = sums[0] / n / dual;
        return dual > 0.0 && overestimate_ * estimate_ <= *context_.dual.gap;
    }
    /// Whether the gap may be reached before it is time for a second look at the progress.
    bool soon_there() const noexcept {
        constexpr double kFew = 8.0;
        return next_look_ == kFirstLook && context_.dual.gap && estimate_ > 0.0 &&
               estimate_ <= kFew * *context_.dual.gap;
    }
    /// |w|^2 + S^2 over this rank's part of the shared weights.
    double own_norm2() const {
        const data::Range part =
            data::equal_part(std::ssize(weights_.span()), comms_.group_size(), comms_.group_rank());
        const auto own = weights_.span().subspan(static_cast<std::size_t>(part.begin),
                                                 static_cast<std::size_t>(part.size()));
        double sum[4] = {};  // four chains, since an addition takes four cycles
        for (std::size_t k = 0; k < own.size(); ++k) {
            const auto w = static_cast<double>(own[k]);
            sum[k % 4] += w * w;
        }
        return (sum[0] + sum[1]) + (sum[2] + sum[3]);
    }
    /// Goes on from the certificate's weights, and wakes documents that could move.
    /// @note Collective.
    void compute_certificate() {
        const Certificate now =
            certifier_.certify([this](std::size_t i) { return variables_[i].a; },
                               [this](float y) { return ascent_.weight(y); });
        certificate_ = now;
        dual_sum_ = certifier_.dual_sum();
        if (estimate_ > 0.0) overestimate_ = std::min(1.0, now.relative_gap() / estimate_);
        std::vector<double> w(certifier_.weights().begin(), certifier_.weights().end());
        w[context_.objective.shape.bias()] = certifier_.sum();
        weights_.assign(w, comms_.group_rank());
        rounds_.restart();
        for (std::uint32_t i = 0; i < variables_.size(); ++i) {
            const double m = certifier_.margin(i);
            const double a = variables_[i].a;
            if (model::DualLoss<Loss>::step(m, a, 1.0) != a) due_.wake(i);
        }
    }
    /// Ranks that change the same features at the same time can undo each other's progress for
    /// ever, although merges measure it. Then the gap does not shrink.
    void take_care_if_stuck(const Certificate& now) {
        constexpr double kProgress = 0.5;  // the gap, while the epochs double
        const double gap = now.primal - now.dual;
        if (last_gap_ && gap > kProgress * *last_gap_) {
            rounds_.be_careful();
            if (weights_.be_careful()) limit_slices();
        }
        last_gap_ = gap;
    }
    /// What a rank sees of the others, and the bias, should not be old.
    void limit_slices() {
        const std::int64_t some = std::max<std::int64_t>(1, due_.per_epoch() / 8);
        reader_.set_slice(static_cast<std::size_t>(std::min(some, weights_.merge_every())));
    }

    const TrainingContext& context_;
    const mpi::Communicators& comms_;
    DueDocuments& due_;
    std::vector<DualVariable> variables_;
    DualWeights<Real> weights_;
    DualAscent<Loss, Real> ascent_;
    CompactReader<Index> reader_;
    NoMeter meter_;
    Engine<CompactReader<Index>, DualAscent<Loss, Real>> engine_;
    DualRounds<Real, DualAscent<Loss, Real>> rounds_;
    std::size_t documents_met_ = 0;  ///< of engine_.documents(), at the last round
    Certifier<Loss, Index> certifier_;
    std::optional<Certificate> certificate_;  ///< empty: documents have moved since
    double dual_sum_ = 0.0;                   ///< of -C_i phi*(-a_i), all documents
    double estimate_ = 0.0;                   ///< of the relative gap
    double overestimate_ = 1.0;  ///< certified gap divided by the estimate then, at most 1
    std::int64_t epochs_ = 0;
    static constexpr std::int64_t kFirstLook = 8;
    /// Of a single rank: only rounding can keep it from the optimum.
    static constexpr std::int64_t kFirstLookAlone = 64;
    std::int64_t next_look_;  ///< epochs at which progress is checked: 8, 16, 32, ...
    std::optional<double> last_gap_;
};

std::unique_ptr<BatchSource> batches(const Sampler::Plan& plan, const DualPlan& dual,
                                     std::int64_t per_epoch) {
    return std::make_unique<DueDocuments>(
        DueDocuments::Plan{plan.rows, std::max<std::int64_t>(1, per_epoch), plan.epochs, plan.seed,
                           plan.rank, dual.backs_off, plan.block, plan.stream});
}

model::TrainingRows::Layout layout(const HotHeadPlan& /*plan*/, bool /*writes_only_active*/,
                                   const model::WeightShape& shape) {
    return compact_layout(shape);
}

template <class Loss, class Real>
std::unique_ptr<Trainer> make_as(const TrainingContext& context, const mpi::Communicators& comms) {
    if (context.rows.layout() == model::TrainingRows::Layout::narrow) {
        return std::make_unique<DualTrainer<Loss, Real, std::uint16_t>>(context, comms);
    }
    return std::make_unique<DualTrainer<Loss, Real, std::uint32_t>>(context, comms);
}

std::unique_ptr<Trainer> make(Precision precision, const TrainingContext& context,
                              const mpi::Communicators& comms) {
    return model::with_loss(
        context.objective.loss, [&]<class Loss>(Loss) -> std::unique_ptr<Trainer> {
            return precision == Precision::double_ ? make_as<Loss, double>(context, comms)
                                                   : make_as<Loss, float>(context, comms);
        });
}

std::uint64_t bytes(const SharedMemoryPlan& plan) {
    return plan.precision == Precision::double_ ? DualWeights<double>::bytes(plan)
                                                : DualWeights<float>::bytes(plan);
}

}  // namespace

extern const StrategyInfo kDual{.name = "dual",
                                .summary = "coordinate ascent on the dual, to a certified optimum",
                                .reference = "Hsieh, Yu, Dhillon 2015, algorithm 2",
                                .shares_memory = true,
                                .has_hot_head = true,
                                .is_dual = true,
                                .batches = batches,
                                .row_layout = layout,
                                .shared_bytes = bytes,
                                .make = make};

}  // namespace hogwild::train
