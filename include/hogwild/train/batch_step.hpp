#pragma once
#include <sched.h>

#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include "hogwild/model/gradient.hpp"
#include "hogwild/train/strategy.hpp"

namespace hogwild::train {

/// What every strategy does with a batch before it differs from the others: draw it, look up the
/// learning rate, compute the change of the weights.
template <class Real>
class BatchStep {
public:
    explicit BatchStep(const Problem& problem)
        : problem_(problem), gradient_(problem.objective, problem.aggregated) {
        using model::Regularizer;
        // In float a document's share of the regularizer can lie below the weights' resolution.
        const bool fine_changes = !problem.aggregated &&
                                  problem.objective.regularizer != Regularizer::none &&
                                  problem.objective.regularizer != Regularizer::l2;
        if (std::is_same_v<Real, float> && fine_changes) {
            carry_.resize(problem.objective.n_weights());
        }
    }

    struct Change {
        const model::SparseDelta& delta;
        double exponent;  ///< learning rate times documents: what Decay is charged with
        std::size_t documents;
    };
    /// The change that batch `iteration` asks for at weights `w`; valid until the next call.
    Change compute(std::int64_t iteration, std::span<const Real> w) {
        const std::span<const std::uint32_t> batch = problem_.batches.batch(iteration);
        if (problem_.oversubscribed) hand_over(batch.size());
        const double documents = problem_.documents_scale *
                                 static_cast<double>(problem_.batches.documents_before(iteration));
        const double eta = problem_.schedule.at(
            documents, documents / static_cast<double>(problem_.training_documents));
        return {gradient_.step(problem_.rows, batch, w, eta),
                eta * static_cast<double>(batch.size()), batch.size()};
    }

    /// w += delta.
    template <model::Access kAccess = model::Access::plain>
    void add(std::span<Real> w, const model::SparseDelta& delta) {
        if (carry_.empty()) {
            model::add<kAccess>(w, delta);
        } else {
            model::add_carrying<kAccess>(w, delta, std::span<double>(carry_));
        }
    }

private:
    /// With more ranks than cores somebody else runs now and then. If the system chooses when, a
    /// rank mostly goes to sleep in the middle of a batch, and applies an old change when it wakes;
    /// between batches it does no harm. So ranks hand over before their time slice (a few ms) ends.
    void hand_over(std::size_t documents) {
        constexpr std::size_t kTurn = 300;  // documents: a fraction of a millisecond
        since_hand_over_ += documents;
        if (since_hand_over_ < kTurn) return;
        since_hand_over_ = 0;
        sched_yield();
    }

    const Problem& problem_;
    std::size_t since_hand_over_ = 0;
    model::BatchGradient<Real> gradient_;
    std::vector<double> carry_;
};

}  // namespace hogwild::train
