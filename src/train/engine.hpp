#pragma once
#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "train/hooks/hook.hpp"
#include "train/hooks/snapshots.hpp"

namespace hogwild::train {

/// The parameters of an update, constant within a slice.
struct Step {
    double eta = 0.0;    ///< learning rate per document
    double scale = 1.0;  ///< weight divided by stored value (see LazyL2Scale)
};

/// A meter that measures nothing.
struct NoMeter {
    static void before_reading() noexcept {}
    static void after_writing() noexcept {}
};

/// The training loop of all strategies: draws a slice, asks for the step, updates batch by batch,
/// and runs the hooks.
/// @tparam Reader  draws documents (CompactReader, PlainReader).
/// @tparam Update  the paper's pseudo-code: update(batch, step) processes all documents of a batch.
/// @tparam Meter   StalenessMeter or NoMeter.
template <class Reader, class Update, class Meter = NoMeter>
class Engine {
public:
    /// Reader, update and meter are not owned and must outlive this.
    /// @param step       called before each slice.
    /// @param snapshots  a slice ends before each snapshot; null: there are none.
    Engine(Reader& reader, Update& update, Meter& meter, std::function<Step()> step,
           const Snapshots* snapshots)
        : reader_(reader),
          update_(update),
          meter_(meter),
          step_(std::move(step)),
          snapshots_(snapshots) {}

    /// Adds a hook around the present ones. Not owned.
    void add(Hook& hook) { hooks_.push_back(&hook); }

    /// Trains up to this rank's batch `end`, exclusive.
    void run(std::int64_t end) {
        inside_out([this](Hook& hook) { hook.begin_round(iteration_); });
        while (iteration_ < end) {
            for (auto hook = hooks_.rbegin(); hook != hooks_.rend(); ++hook) {
                (*hook)->before(iteration_);
            }
            Slice slice = reader_.draw(iteration_, slice_end(end));
            const Step step = step_();
            update(slice.batches, step);
            slice.step_sum = step.eta * static_cast<double>(slice.documents);
            iteration_ += static_cast<std::int64_t>(slice.batches);
            documents_ += slice.documents;
            inside_out([&](Hook& hook) { hook.after(slice); });
        }
        inside_out([](Hook& hook) { hook.end_round(); });
    }
    /// Takes all hooks through the phases.
    /// @param barrier  a barrier of the ranks that share weights; called before each phase, and
    ///                 after the last.
    template <class Barrier>
    void settle(Barrier&& barrier) {
        for (const Phase phase : kPhases) {
            barrier();
            inside_out([phase](Hook& hook) { hook.settle(phase); });
        }
        barrier();
    }

    std::int64_t iteration() const noexcept { return iteration_; }  ///< the next batch
    void restart_at(std::int64_t iteration) noexcept { iteration_ = iteration; }
    /// Documents that this rank has processed since construction.
    std::size_t documents() const noexcept { return documents_; }

private:
    /// The training loop: a function of its own, which tests/prefetch.sh finds by its name.
    [[gnu::noinline]] void update(std::size_t batches, Step step) {
        for (std::size_t b = 0; b < batches; ++b) {
            const auto batch = reader_.batch(b);
            meter_.before_reading();
            update_(batch, step);
            if (batch.size() > 0) meter_.after_writing();
        }
    }
    std::int64_t slice_end(std::int64_t end) const noexcept {
        const bool recorded = snapshots_ != nullptr && snapshots_->next() > iteration_;
        return recorded ? std::min(end, snapshots_->next()) : end;
    }
    template <class Call>
    void inside_out(Call&& call) {
        for (Hook* const hook : hooks_) call(*hook);
    }

    Reader& reader_;
    Update& update_;
    Meter& meter_;
    std::function<Step()> step_;
    const Snapshots* snapshots_;
    std::vector<Hook*> hooks_;  ///< innermost first
    std::int64_t iteration_ = 0;
    std::size_t documents_ = 0;
};

}  // namespace hogwild::train
