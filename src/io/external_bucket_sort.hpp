#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace hogwild::io {

/// A document between text and HDF5. Only views; another object owns the memory.
struct DocumentRecord {
    std::int64_t id = 0;
    std::span<const std::uint32_t> index;
    std::span<const float> value;
    std::span<const std::uint16_t> topics;  ///< ascending topic numbers
    std::int64_t position = 0;              ///< in the text, from 0
    std::int8_t label = 0;  ///< in files without topics: -1, +1 or 0 (none); not sorted with it
    float weight = 1.0F;    ///< > 0
};

/// Holds any number of documents in bounded memory and gives them back in the order of their keys
/// (equal keys: in the order of arrival), or in the order of arrival.
///
/// An external bucket sort: documents go to buckets by the leading bits of the key; when their
/// sum exceeds the budget, buckets move to unnamed temporary files, which vanish with the process.
class ExternalBucketSort {
public:
    enum class Order { by_key, as_appended };

    /// @param directory  for temporary files, if any are needed.
    /// @param budget     approximate limit of the memory for documents [bytes].
    ExternalBucketSort(std::string directory, std::size_t budget, Order order);
    ~ExternalBucketSort();

    void append(std::uint64_t key, const DocumentRecord& record);
    /// Returns every document once and removes it.
    void drain(const std::function<void(const DocumentRecord&)>& take);

private:
    class Arena;
    struct Bucket;
    /// Position of a record in memory.
    struct Place {
        std::uint64_t key;
        const char* at;
    };
    ExternalBucketSort(std::string directory, std::size_t budget, Order order, unsigned level);
    std::size_t bucket_of(std::uint64_t key) const;
    void spill();
    void forget();
    static void give(std::span<const Place> places,
                     const std::function<void(const DocumentRecord&)>& take);
    void drain_by_key(const Bucket& bucket, const std::function<void(const DocumentRecord&)>& take);
    void respool(const Bucket& bucket, const std::function<void(const DocumentRecord&)>& take);

    std::string directory_;
    std::size_t budget_;
    Order order_;
    unsigned level_;  ///< which eight bits of the key select the bucket
    std::size_t in_memory_ = 0;
    std::unique_ptr<Arena> arena_;
    std::vector<Place> places_;    ///< of the records in memory
    std::vector<Bucket> buckets_;  ///< none before the first spill
    std::vector<char> whole_;      ///< a bucket read back
};

}  // namespace hogwild::io
