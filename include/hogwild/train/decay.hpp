#pragma once
#include <cstddef>
#include <span>

#include "hogwild/model/shrink.hpp"
#include "hogwild/train/strategy.hpp"

namespace hogwild::train {

/// One rank's share of the common exponent, on a cache line of its own.
struct alignas(64) ExponentSlot {
    double value = 0.0;
};

/// The shrinking of shared weights, shared out among ranks: each rank charges its own slot with
/// the documents it processes, and shrinks its own block of the weights by what all ranks have
/// charged, so that every document counts once.
class Decay {
public:
    Decay() = default;
    /// @param slots   one per rank, shared among them.
    /// @param me      this rank's slot and block.
    template <class Real>
    static Decay make(const Problem& problem, std::span<ExponentSlot> slots, int me);

    /// Charges this rank's documents and applies to its block what has become due.
    /// @param exponent  learning rate times documents.
    template <model::Access kAccess = model::Access::plain, class Real>
    void advance(std::span<Real> w, double exponent, std::size_t documents);
    /// Applies all that is due to this rank's block. Call between two barriers of all ranks.
    template <class Real>
    void flush(std::span<Real> w);

private:
    double common_exponent() const noexcept;
    double threshold(std::size_t documents) noexcept;

    std::span<ExponentSlot> slots_;
    std::size_t me_ = 0;
    model::Shrink shrink_;
    bool every_batch_ = false;
    std::size_t since_sweep_ = 0;  ///< documents of this rank
};

/// Rates for Problem::shrink_rates: the regularizer's mean pull on each weight per document, over
/// lambda-weighted learning rate.
///
/// l2: lambda for every weight. Aggregated `seed`: 2 lambda / n * sum over the training documents
/// that hold u of 1/d_i; aggregated `hogwild`: the same with 1/d_u. Empty for the rest.
/// @param n  training documents of all ranks. @note Collective over `comm`.
std::vector<double> shrink_rates(const model::Objective& objective, bool aggregated,
                                 const data::Rows& rows, std::int64_t n, MPI_Comm comm);

}  // namespace hogwild::train
