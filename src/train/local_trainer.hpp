#pragma once
#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>

#include "mpi/collectives.hpp"
#include "mpi/communicators.hpp"
#include "train/engine.hpp"
#include "train/hooks/recorder.hpp"
#include "train/hooks/yield_hook.hpp"
#include "train/registry.hpp"
#include "train/sampling/slice_reader.hpp"
#include "train/trainer.hpp"
#include "train/weights/local_weights.hpp"

namespace hogwild::train {

/// Base of the updates of ranks that have their own copy of the weights. An update adds
/// `void operator()(const PlainReader::Batch&, const Step&)` and hides the functions that differ.
template <class Real>
struct LocalUpdate : Hook {
    /// @note Collective over comms.world(), here and in close(). Nothing is owned.
    LocalUpdate(const TrainingContext& context, const mpi::Communicators& /*comms*/,
                LocalWeights<Real>& weights)
        : context_(context), w_(weights) {}

    /// Whether a resumed run is bitwise identical to an uninterrupted one.
    static constexpr bool kKeepsBits = true;
    /// The batch of this rank at which a round to `until` ends.
    std::int64_t end_of_round(std::int64_t until) const {
        return std::min(until, context_.batches.batches());
    }
    /// Makes the weights the same on every rank. @note Collective.
    void share(std::span<double> /*weights*/) const {}
    void resume(std::int64_t /*iteration*/) {}
    void add_to(Meters& /*meters*/) const {}
    void close() {}

protected:
    const TrainingContext& context_;
    LocalWeights<Real>& w_;
};

/// Trains a copy of the weights on every rank.
/// @tparam Update  see LocalUpdate.
template <class Real, class Update>
class LocalTrainer final : public Trainer {
public:
    LocalTrainer(const TrainingContext& context, const mpi::Communicators& comms)
        : context_(context),
          comms_(comms),
          weights_(context),
          update_(context, comms, weights_),
          reader_(context.batches),
          engine_(
              reader_, update_, meter_, [this] { return step(); }, context.snapshots) {
        if (records(context)) engine_.add(recorder_);
        engine_.add(update_);
        engine_.add(weights_);
        if (context.oversubscribed) engine_.add(yield_);
        if (context.progress_report != nullptr) engine_.add(*context.progress_report);
    }

    void run(std::int64_t until) override { engine_.run(update_.end_of_round(until)); }
    void quiesce() override {
        engine_.settle([] {});
    }
    void weights(std::span<double> out) override {
        weights_.copy_settled_to(out);
        update_.share(out);
    }
    bool keeps_bits() const override { return Update::kKeepsBits; }
    /// All ranks hold the same weights if several ranks keep bits.
    void save(SavedState& out) const override {
        if (keeps_bits()) weights_.save(out.common);
    }
    void check_restored(const RestoredState& saved) const override {
        if (keeps_bits() && saved.exact()) weights_.check(saved.common());
    }
    void resume(std::int64_t iteration, std::span<const double> weights,
                const RestoredState& saved) override {
        engine_.restart_at(iteration);
        update_.resume(iteration);
        const std::int64_t documents =
            mpi::sum(comms_.world(), context_.batches.documents_before(iteration));
        weights_.resume(static_cast<double>(documents), weights,
                        keeps_bits() && saved.exact() ? &saved.common() : nullptr);
    }
    Meters meters() const override {
        Meters meters;
        meters.documents = static_cast<double>(engine_.documents());
        meters.active = static_cast<double>(weights_.active());
        update_.add_to(meters);
        return meters;
    }
    void close() override { update_.close(); }

private:
    Step step() const { return {context_.learning_rate(weights_.documents()), 1.0}; }

    const TrainingContext& context_;
    const mpi::Communicators& comms_;
    LocalWeights<Real> weights_;
    Update update_;
    PlainReader reader_;
    NoMeter meter_;
    Engine<PlainReader, Update> engine_;
    Recorder<LocalWeights<Real>> recorder_{context_, weights_};
    YieldHook yield_{context_.oversubscribed};
};

/// StrategyInfo::make of a strategy whose ranks have their own copies of the weights.
template <template <class Real> class Update>
std::unique_ptr<Trainer> make_local_trainer(Precision precision, const TrainingContext& context,
                                            const mpi::Communicators& comms) {
    if (precision == Precision::double_) {
        return std::make_unique<LocalTrainer<double, Update<double>>>(context, comms);
    }
    return std::make_unique<LocalTrainer<float, Update<float>>>(context, comms);
}

}  // namespace hogwild::train
