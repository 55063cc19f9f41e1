#pragma once
#include <mpi.h>

#include <cstdint>
#include <vector>

#include "model/gradient.hpp"
#include "model/lazy_weight_decay.hpp"
#include "train/precision.hpp"
#include "train/sampling/row_stream.hpp"

namespace hogwild::train {

/// Who applies the regularizer, decided once per run.
class RegularizationPlan {
public:
    enum class Form {
        none,          ///< there is no regularizer
        gradient,      ///< it is part of each document's gradient
        every_batch,   ///< weight decay, one linear factor per batch (the exact form of l2)
        at_intervals,  ///< weight decay that accumulates until the weights' precision can show it
        common_scale   ///< weights are stored without their common factor (LazyL2Scale)
    };

    /// No regularizer.
    RegularizationPlan() = default;
    /// @param aggregated  the mean effect of the regularizer per document is applied as weight
    /// decay.
    /// @param documents   this rank's; only compact rows (document by document) allow a common
    ///                    scale.
    /// @param n           training documents of all ranks. @note Collective over `comm`.
    RegularizationPlan(const model::Objective& objective, bool aggregated, Precision precision,
                       const OwnDocuments& documents, std::int64_t n, MPI_Comm comm);

    Form form() const noexcept { return form_; }
    /// Text for the log.
    const char* description() const noexcept;
    bool in_gradient() const noexcept { return form_ == Form::gradient; }
    bool decays() const noexcept { return !rates_.empty(); }
    /// Rate of weight u, per unit of the step sum. @pre decays()
    double rate(std::size_t u) const noexcept {
        return rates_.size() == 1 ? rates_.front() : rates_[u];
    }
    /// One rate for all weights, or one per weight; empty: no weight decays.
    ///
    /// l2: lambda. Aggregated `seed`: 2 lambda / n * sum over the training documents that hold u of
    /// c_i/d_i, where c_i is the relative weight of document i; aggregated `hogwild`: the same with
    /// 1/d_u.
    const std::vector<double>& rates() const noexcept { return rates_; }
    model::LazyWeightDecay::Form decay_form() const noexcept {
        return exponential_ ? model::LazyWeightDecay::Form::exponential
                            : model::LazyWeightDecay::Form::linear;
    }

private:
    Form form_ = Form::none;
    bool exponential_ = false;
    std::vector<double> rates_;
};

}  // namespace hogwild::train
