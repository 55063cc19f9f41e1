#pragma once
#include <cmath>
#include <cstdint>
#include <span>

#include "hogwild/model/kernels.hpp"
#include "hogwild/train/decay.hpp"
#include "hogwild/train/strategy.hpp"

namespace hogwild::train {

/// How far all ranks of a node are together, as one of them knows it: looked up now and then, since
/// a look costs a cache miss per rank, and reckoned in between as if the others were as fast. A
/// rank that is held up thus delays the fall of everybody's learning rate, and finds it low when it
/// comes back, as if the documents had come in this order on one rank.
class CommonProgress {
public:
    /// @param slots  one per rank, shared among them; this rank's is number `me`.
    CommonProgress(const Problem& problem, std::span<ProgressSlot> slots, int me)
        : slots_(slots),
          mine_(slots[static_cast<std::size_t>(me)]),
          documents_scale_(problem.documents_scale) {}

    /// Counts documents that this rank has processed.
    void advance(std::size_t documents) noexcept {
        const auto n = static_cast<std::int64_t>(documents);
        model::store(mine_.documents, model::load(mine_.documents) + n);
        documents_ += documents_scale_ * static_cast<double>(documents);
    }
    /// Adds to the sum over all documents of the learning rate.
    void charge(double exponent) noexcept {
        model::store(mine_.exponent, model::load(mine_.exponent) + exponent);
        exponent_ += documents_scale_ * exponent;
    }
    void look() noexcept {
        std::int64_t documents = 0;
        exponent_ = 0.0;
        for (const ProgressSlot& slot : slots_) {
            documents += model::load(slot.documents);
            exponent_ += model::load(slot.exponent);
        }
        documents_ = static_cast<double>(documents);
    }

    /// Of all ranks.
    double documents() const noexcept { return documents_; }
    /// What all ranks have charged.
    double exponent() const noexcept { return exponent_; }

private:
    std::span<ProgressSlot> slots_;
    ProgressSlot& mine_;
    double documents_scale_;
    double documents_ = 0.0;
    double exponent_ = 0.0;
};

}  // namespace hogwild::train
