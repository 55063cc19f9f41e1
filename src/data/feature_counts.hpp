#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace hogwild::data {

/// The features that occur in some documents, and in how many. Other features are not mentioned:
/// the memory grows with the features that occur, not with the largest column.
struct FeatureCounts {
    std::vector<std::uint32_t> column;  ///< ascending
    std::vector<std::int64_t> count;    ///< documents; as many as columns

    std::size_t size() const noexcept { return column.size(); }
    /// Adds the counts of other documents.
    FeatureCounts& operator+=(FeatureCounts other);
    bool operator==(const FeatureCounts&) const = default;
};

/// Whether something is stored by the features that occur, together with their columns, rather than
/// for every column: where it saves most of the file. Files with few features stay simple.
inline bool stores_occurring(std::size_t occurring, std::int64_t features) {
    constexpr std::int64_t kFew = 1024;
    return features >= kFew && static_cast<std::int64_t>(occurring) < features / 4;
}

/// Counts in how many documents each feature occurs, in memory by the features that occur: a hash
/// table, or an array where that is not larger.
class FeatureCounter {
public:
    /// @param features  number of columns.
    explicit FeatureCounter(std::int64_t features);

    /// @param columns  of one document, each once, below `features`.
    void add(std::span<const std::uint32_t> columns) {
        for (const std::uint32_t column : columns) {
            if (keys_.empty()) {
                ++counts_[column];
            } else {
                add_to_table(column);
            }
        }
    }
    FeatureCounts counts() const;

private:
    static constexpr std::uint32_t kFree = ~std::uint32_t{0};
    static constexpr std::size_t kSlot = sizeof(std::uint32_t) + sizeof(std::int64_t);  // bytes
    void add_to_table(std::uint32_t column);
    std::size_t slot_of(std::uint32_t column) const noexcept;
    void grow();

    std::size_t features_;
    std::size_t used_ = 0;             ///< slots
    std::vector<std::uint32_t> keys_;  ///< a power of two; empty: counts_ is by column
    std::vector<std::int64_t> counts_;
};

}  // namespace hogwild::data
