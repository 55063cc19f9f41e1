#pragma once
#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <variant>

#include "data/numbering.hpp"
#include "model/compact_rows.hpp"

namespace hogwild::model {

/// Weights of documents, added up by class, and their range.
struct DocumentWeights {
    double positive = 0.0;
    double negative = 0.0;
    double smallest = std::numeric_limits<double>::infinity();  ///< infinite without documents
    double largest = 0.0;

    void add(int label, float weight) noexcept;
};

DocumentWeights weights_of(const data::Rows& rows);

/// A rank's training documents, held once, in the layout that its strategy reads.
class TrainingRows {
public:
    using PlainRows = data::NumberedRows<data::Numbering::training>;
    enum class Layout {
        plain,   ///< PlainRows
        narrow,  ///< CompactRows with indices of 16 bits
        wide     ///< the same of 32 bits
    };

    /// Plain.
    TrainingRows() = default;
    explicit(false) TrainingRows(data::Rows rows);
    /// @param n_hot  as for CompactRows; ignored for plain rows.
    TrainingRows(Layout layout, std::size_t n_hot);

    Layout layout() const noexcept { return static_cast<Layout>(rows_.index()); }
    std::int64_t size() const noexcept;
    std::size_t n_hot() const noexcept;  ///< as for CompactRows; 0 for plain rows
    std::int64_t positives() const noexcept { return positives_; }
    const DocumentWeights& weights() const noexcept { return weights_; }
    /// Of one document.
    float weight(std::int64_t i) const noexcept;
    /// Sets all weights to 1.
    void forget_weights() noexcept;
    /// Labels every document anew. @param positives  the documents that are +1, ascending.
    void set_labels(std::span<const std::uint32_t> positives) noexcept;
    /// Appends documents of another rank, which has the same layout with as many hot features.
    /// @param records, starts, nonzeros  as CompactRows gives them. @pre the layout is compact.
    void append_records(std::span<const std::byte> records, std::span<const std::size_t> starts,
                        std::int64_t nonzeros);
    /// Multiplies every value by the factor of its feature. @param factors  as many as inputs.
    void scale(std::span<const double> factors) noexcept;
    /// Bytes that one pass over all documents reads: indices, values, labels and offsets.
    std::int64_t bytes() const noexcept;

    void reserve(std::int64_t rows, std::int64_t nonzeros);
    /// Removes all documents and keeps the memory.
    void clear() noexcept;
    /// Appends documents [first, end) of `rows`, which are numbered as the layout requires.
    void append(const data::Rows& rows, std::int64_t first, std::int64_t end);
    /// Every document `copies` times; each copy of the rows has another order.
    /// @param copies  >= 1.
    TrainingRows repeated(std::int64_t copies, std::uint64_t seed) const;

    /// @throws std::bad_variant_access if the layout is not plain.
    const PlainRows& plain() const { return std::get<PlainRows>(rows_); }
    /// @throws std::bad_variant_access if the layout has another type of index.
    template <class Index>
    const CompactRows<Index>& compact() const {
        return std::get<CompactRows<Index>>(rows_);
    }

    /// Documents [first, end) as plain rows.
    PlainRows plain(std::int64_t first, std::int64_t end) const;
    /// Visits all documents as plain rows, block by block. Slow: for use once per run.
    template <class Visit>
    void for_each_block(Visit&& visit) const {
        if (layout() == Layout::plain) {
            visit(plain());
            return;
        }
        constexpr std::int64_t kBlock = 1024;
        for (std::int64_t first = 0; first < size(); first += kBlock) {
            visit(plain(first, std::min(first + kBlock, size())));
        }
    }
    /// See model::stream.
    std::uint64_t stream(std::span<const std::uint32_t> order) const noexcept;

private:
    void count(const data::Rows& rows, std::int64_t first, std::int64_t end);
    /// Counts documents from `first` on.
    void count_from(std::int64_t first) noexcept;
    /// A document's weight with the sign of its label.
    float signed_weight(std::int64_t i) const noexcept;

    std::variant<PlainRows, CompactRows<std::uint16_t>, CompactRows<std::uint32_t>> rows_;
    std::int64_t positives_ = 0;
    DocumentWeights weights_;
};

}  // namespace hogwild::model
