#pragma once
#include <cmath>
#include <cstdint>
#include <span>

#include "hogwild/mpi/collectives.hpp"
#include "hogwild/train/decay.hpp"
#include "hogwild/train/strategy.hpp"

namespace hogwild::train {

/// Shrinking of all weights at the same rate (l2, aggregated) at no cost: the weights are w = s v,
/// the ranks share v, and s = exp(-rate E) falls with the common exponent E (Bottou's svmsgd has
/// the same trick for one rank). Every rank reckons E from its own progress, as if all were equally
/// far; when they come together, v is multiplied by the true s.
class CommonScale {
public:
    CommonScale() = default;
    /// @note Collective over the node: all must agree whether it can be used.
    CommonScale(const Problem& problem, const mpi::Communicators& comms)
        : documents_scale_(problem.documents_scale) {
        if (!problem.aggregated || problem.shrink_rates.empty() ||
            problem.objective.regularizer != model::Regularizer::l2) {
            return;
        }
        constexpr double kLargest = 40.0;  // exp(40) v is far from the ends of a float's range
        const double whole = problem.objective.lambda * whole_exponent(problem);
        const std::int64_t fits = whole < kLargest ? 1 : 0;
        if (mpi::broadcast(comms.node(), 0, fits) != 0) rate_ = problem.objective.lambda;
    }

    bool used() const noexcept { return rate_ > 0.0; }
    /// w / v as this rank reckons it.
    double value() const noexcept { return value_; }
    /// Charges this rank's documents. @param slot  this rank's, shared.
    void advance(ProgressSlot& slot, double exponent) {
        if (!used()) return;
        own_ += exponent;
        model::store(slot.exponent, model::load(slot.exponent) + exponent);
        value_ = std::exp(-rate_ * documents_scale_ * own_);
    }
    /// What v must be multiplied by to become w, by all ranks' true progress. From then on v = w.
    /// @param slots  of all ranks, nobody charging.
    double settle(std::span<const ProgressSlot> slots) {
        double all = 0.0;
        for (const ProgressSlot& slot : slots) all += model::load(slot.exponent);
        const double factor = std::exp(-rate_ * (all - settled_));
        settled_ = all;
        own_ = 0.0;
        value_ = 1.0;
        return factor;
    }

private:
    /// Of the whole run, the schedule's sum over all documents.
    static double whole_exponent(const Problem& problem) {
        const auto own =
            static_cast<double>(problem.batches.documents_before(problem.batches.batches()));
        const double all = problem.documents_scale * own;
        constexpr int kPoints = 1024;
        double sum = 0.0;
        for (int k = 0; k < kPoints; ++k) {
            const double documents = all * k / kPoints;
            sum += problem.schedule.at(documents,
                                       documents / static_cast<double>(problem.training_documents));
        }
        return sum * all / kPoints;
    }

    double rate_ = 0.0;
    double documents_scale_ = 1.0;
    double own_ = 0.0;      ///< this rank's exponent since settle()
    double settled_ = 0.0;  ///< all ranks' exponent at settle()
    double value_ = 1.0;
};

}  // namespace hogwild::train
