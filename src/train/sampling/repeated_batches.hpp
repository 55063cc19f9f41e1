#pragma once
#include <algorithm>
#include <cassert>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "train/sampling/sampler.hpp"

namespace hogwild::train {

/// Batches over several copies of some rows, which are stored one after another: the batches of one
/// copy, taken from the copies in turn. The documents are the same, but occupy more memory.
class RepeatedBatches final : public BatchSource {
public:
    /// @param once    batches over the first copy, `rows` rows.
    /// @param copies  number of copies, >= 1.
    /// @param turn    consecutive batches from one copy, >= 1.
    RepeatedBatches(std::unique_ptr<BatchSource> once, std::int64_t rows, std::int64_t copies,
                    std::int64_t turn)
        : once_(std::move(once)), rows_(rows), copies_(copies), turn_(turn) {
        assert(copies >= 1 && turn >= 1);
    }

    std::span<const std::uint32_t> batch(std::int64_t iteration) override {
        find_turn(iteration);
        drawn_.clear();
        for (const std::uint32_t row : once_->batch(iteration)) drawn_.push_back(first_ + row);
        return drawn_;
    }
    void draw(std::int64_t first, std::int64_t end, std::size_t rows, BatchList& list) override {
        find_turn(first);
        once_->draw(first, std::min(end, begin_ + turn_), rows, list);
        for (std::uint32_t& row : list.rows) row += first_;
    }
    std::int64_t documents_before(std::int64_t iteration) const override {
        return once_->documents_before(iteration);
    }
    std::int64_t batches() const override { return once_->batches(); }

private:
    void find_turn(std::int64_t iteration) {
        if (iteration >= begin_ && iteration < begin_ + turn_) return;  // divisions are slow
        begin_ = iteration / turn_ * turn_;
        first_ = static_cast<std::uint32_t>(iteration / turn_ % copies_ * rows_);
    }

    std::unique_ptr<BatchSource> once_;
    std::int64_t rows_;
    std::int64_t copies_;
    std::int64_t turn_;
    std::int64_t begin_ = 0;   ///< first batch of the present turn
    std::uint32_t first_ = 0;  ///< first row of its copy
    std::vector<std::uint32_t> drawn_;
};

}  // namespace hogwild::train
