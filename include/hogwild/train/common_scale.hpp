#pragma once
#include <cmath>
#include <cstdint>

#include "hogwild/mpi/collectives.hpp"
#include "hogwild/train/strategy.hpp"
#include "hogwild/train/work.hpp"

namespace hogwild::train {

/// Shrinking of all weights at the same rate (l2, aggregated) at no cost: the weights are w = s v,
/// a node's ranks share v, and s = exp(-rate E) falls with their exponent E (Bottou's svmsgd has
/// the same trick for one rank). Every rank reckons E for itself; when they come together, v is
/// multiplied by the true s.
class CommonScale {
public:
    CommonScale() = default;
    /// @note Collective over the node: all must agree whether it can be used.
    CommonScale(const Problem& problem, const Work& work, const mpi::Communicators& comms) {
        if (!problem.aggregated || problem.shrink_rates.empty() ||
            problem.objective.regularizer != model::Regularizer::l2) {
            return;
        }
        constexpr double kLargest = 40.0;  // exp(40) v is far from the ends of a float's range
        const double whole = problem.objective.lambda * whole_exponent(problem, work);
        const std::int64_t fits = whole < kLargest ? 1 : 0;
        if (mpi::broadcast(comms.node(), 0, fits) != 0) rate_ = problem.objective.lambda;
    }

    bool used() const noexcept { return rate_ > 0.0; }
    /// w / v as this rank reckons it.
    double value() const noexcept { return value_; }
    /// @param exponent  of the node's ranks.
    void advance(double exponent) {
        if (used()) value_ = std::exp(-rate_ * (exponent - settled_));
    }
    /// What v must be multiplied by to become w. From then on v = w.
    /// @param exponent  of the node's ranks, nobody charging.
    double settle(double exponent) {
        const double factor = std::exp(-rate_ * (exponent - settled_));
        settled_ = exponent;
        value_ = 1.0;
        return factor;
    }

private:
    /// Of the whole run, the schedule's sum over the documents of the node.
    static double whole_exponent(const Problem& problem, const Work& work) {
        constexpr int kPoints = 1024;
        double sum = 0.0;
        for (int k = 0; k < kPoints; ++k) {
            const double documents = work.all * k / kPoints;
            sum += problem.schedule.at(documents,
                                       documents / static_cast<double>(problem.training_documents));
        }
        return sum * work.node / kPoints;
    }

    double rate_ = 0.0;
    double settled_ = 0.0;  ///< exponent at settle()
    double value_ = 1.0;
};

}  // namespace hogwild::train
