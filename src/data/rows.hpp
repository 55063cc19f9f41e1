#pragma once
#include <cassert>
#include <cstdint>
#include <span>
#include <vector>

namespace hogwild::data {

/// One document: feature columns (ascending, from 0) and their values; both of equal length.
struct SparseRow {
    std::span<const std::uint32_t> index;
    std::span<const float> value;
    std::size_t size() const noexcept { return index.size(); }
};

/// Multiplies every value by the factor of its feature.
template <class Index>
void scale(std::span<const Index> index, std::span<float> value,
           std::span<const double> factors) noexcept {
    for (std::size_t k = 0; k < value.size(); ++k) {
        value[k] = static_cast<float>(static_cast<double>(value[k]) * factors[index[k]]);
    }
}

/// Labelled documents in memory (CSR): the form in which strategies read data.
///
/// The bias is not stored: kernels add it as one more feature of value 1 (see model::BiasColumn).
class Rows {
public:
    std::int64_t size() const noexcept { return static_cast<std::int64_t>(label_.size()); }
    bool empty() const noexcept { return label_.empty(); }
    std::int64_t nonzeros() const noexcept { return indptr_.back(); }
    /// What one pass over all rows reads: indices, values, row pointers, labels and weights.
    std::int64_t bytes() const noexcept {
        const auto size_of = [](const auto& array) {
            return static_cast<std::int64_t>(array.size() * sizeof array[0]);
        };
        return size_of(index_) + size_of(value_) + size_of(indptr_) + size_of(label_) +
               size_of(weight_);
    }

    SparseRow row(std::int64_t i) const noexcept {
        assert(i >= 0 && i < size());
        const auto first = static_cast<std::size_t>(indptr_[static_cast<std::size_t>(i)]);
        const auto last = static_cast<std::size_t>(indptr_[static_cast<std::size_t>(i) + 1]);
        return {{index_.data() + first, last - first}, {value_.data() + first, last - first}};
    }

    /// The columns of all rows, one row after another.
    std::span<const std::uint32_t> index() const noexcept { return index_; }
    std::span<const float> value() const noexcept { return value_; }  ///< as many
    /// Where each row begins in these; last their length.
    std::span<const std::int64_t> indptr() const noexcept { return indptr_; }
    std::span<const std::int8_t> labels() const noexcept { return label_; }
    std::span<const float> weights() const noexcept { return weight_; }  ///< empty: all are 1

    /// -1 or +1.
    int label(std::int64_t i) const noexcept { return label_[static_cast<std::size_t>(i)]; }
    void set_label(std::size_t i, bool positive) noexcept {
        label_[i] = static_cast<std::int8_t>(positive ? 1 : -1);
    }
    /// What the document counts in sums over documents, > 0; 2 is as good as the document twice.
    float weight(std::int64_t i) const noexcept {
        return weight_.empty() ? 1.0F : weight_[static_cast<std::size_t>(i)];
    }
    /// Whether weights are stored; otherwise all are 1.
    bool weighted() const noexcept { return !weight_.empty(); }
    /// Sets all weights to 1.
    void forget_weights() noexcept { weight_.clear(); }
    /// Multiplies every value by the factor of its feature.
    void scale(std::span<const double> factors) noexcept {
        data::scale<std::uint32_t>(index_, value_, factors);
    }

    void append(SparseRow x, int y, float weight = 1.0F) {
        if (weight != 1.0F || weighted()) {
            weight_.resize(label_.size(), 1.0F);
            weight_.push_back(weight);
        }
        index_.insert(index_.end(), x.index.begin(), x.index.end());
        value_.insert(value_.end(), x.value.begin(), x.value.end());
        label_.push_back(static_cast<std::int8_t>(y));
        indptr_.push_back(static_cast<std::int64_t>(index_.size()));
    }

    /// Removes all rows and keeps the memory.
    void clear() noexcept {
        indptr_.resize(1);
        index_.clear();
        value_.clear();
        label_.clear();
        weight_.clear();
    }

    /// Rows [first, end) of `other`, in one piece.
    void append(const Rows& other, std::int64_t first, std::int64_t end) {
        const std::int64_t begin = other.indptr_[static_cast<std::size_t>(first)];
        const std::int64_t stop = other.indptr_[static_cast<std::size_t>(end)];
        const std::int64_t shift = indptr_.back() - begin;
        index_.insert(index_.end(), other.index_.begin() + begin, other.index_.begin() + stop);
        value_.insert(value_.end(), other.value_.begin() + begin, other.value_.begin() + stop);
        if (other.weighted() || weighted()) {
            weight_.resize(label_.size(), 1.0F);
            for (std::int64_t i = first; i < end; ++i) weight_.push_back(other.weight(i));
        }
        label_.insert(label_.end(), other.label_.begin() + first, other.label_.begin() + end);
        for (std::int64_t i = first + 1; i <= end; ++i) {
            indptr_.push_back(other.indptr_[static_cast<std::size_t>(i)] + shift);
        }
    }

    void reserve(std::int64_t rows, std::int64_t nonzeros) {
        label_.reserve(static_cast<std::size_t>(rows));
        indptr_.reserve(static_cast<std::size_t>(rows) + 1);
        index_.reserve(static_cast<std::size_t>(nonzeros));
        value_.reserve(static_cast<std::size_t>(nonzeros));
    }

    /// The arrays themselves, for readers that fill them in place. Such a reader must leave
    /// `indptr` ascending from 0 with one entry more than `label`; its last entry is the length of
    /// both `index` and `value`. `weight` is empty or as long as `label`.
    struct Arrays {
        std::vector<std::int64_t>& indptr;
        std::vector<std::uint32_t>& index;
        std::vector<float>& value;
        std::vector<std::int8_t>& label;
        std::vector<float>& weight;
    };
    Arrays arrays() noexcept { return {indptr_, index_, value_, label_, weight_}; }

private:
    std::vector<std::int64_t> indptr_{0};
    std::vector<std::uint32_t> index_;
    std::vector<float> value_;
    std::vector<std::int8_t> label_;
    std::vector<float> weight_;  ///< empty: all are 1
};

}  // namespace hogwild::data
