#include "io/external_bucket_sort.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include "data/checked_cast.hpp"
#include "data/error.hpp"
#include "io/system_error.hpp"
#include "io/unnamed_file.hpp"

namespace hogwild::io {
namespace {

constexpr unsigned kBucketBits = 8;
constexpr unsigned kDeepestLevel = 64 / kBucketBits - 1;
constexpr std::array<char, 7> kPadding{};  // record_bytes() adds at most this many

/// A record in the spool: this header, then indices, values, topics, padded to 8 bytes.
struct Header {
    std::uint64_t key;
    std::int64_t id;
    std::int64_t position;
    std::uint32_t terms;
    std::uint32_t topics;
    float weight;
    std::uint32_t unused;  // a record begins at a multiple of eight bytes
};

std::size_t record_bytes(const Header& header) {
    const std::size_t bytes = sizeof(Header) +
                              header.terms * (sizeof(std::uint32_t) + sizeof(float)) +
                              header.topics * sizeof(std::uint16_t);
    return (bytes + 7) / 8 * 8;
}

Header header_at(const char* at) {
    Header header;
    std::memcpy(&header, at, sizeof header);
    return header;
}

/// The record at an address that is a multiple of eight.
DocumentRecord record_at(const char* at) {
    const Header header = header_at(at);
    const void* arrays = at + sizeof(Header);
    const auto* index = static_cast<const std::uint32_t*>(arrays);
    const void* values = index + header.terms;
    const auto* value = static_cast<const float*>(values);
    const void* topics = value + header.terms;
    return {header.id,
            {index, header.terms},
            {value, header.terms},
            {static_cast<const std::uint16_t*>(topics), header.topics},
            header.position,
            0,
            header.weight};
}

[[noreturn]] void fail_io(const std::string& directory) {
    fail_for(directory + ": temporary file", errno, ExitCode::io);
}

}  // namespace

/// Memory for records, in blocks that never move, so growing copies nothing.
class ExternalBucketSort::Arena {
public:
    /// Room for `count` bytes, which are a multiple of eight.
    char* take(std::size_t count) {
        while (left_ < count) {
            if (used_ == blocks_.size()) {
                const std::size_t size = std::max(count, kBlock);
                blocks_.push_back({allocate(size), size});
            }
            next_ = blocks_[used_].bytes.get();
            left_ = blocks_[used_].size;
            ++used_;
        }
        left_ -= count;
        return std::exchange(next_, next_ + count);
    }
    /// Removes all records and keeps the memory.
    void clear() {
        std::erase_if(blocks_, [](const Block& block) { return block.size > kBlock; });
        used_ = 0;
        left_ = 0;
    }

private:
    /// A huge page if available: touching small pages one by one took 5 % of a conversion.
    static constexpr std::size_t kBlock = std::size_t{2} << 20;
    struct Free {
        void operator()(char* bytes) const { std::free(bytes); }
    };
    struct Block {
        std::unique_ptr<char[], Free> bytes;
        std::size_t size;
    };
    static std::unique_ptr<char[], Free> allocate(std::size_t size) {
        const std::size_t whole = (size + kBlock - 1) / kBlock * kBlock;
        auto* bytes = static_cast<char*>(std::aligned_alloc(kBlock, whole));
        if (bytes == nullptr) throw std::bad_alloc();
        ::madvise(bytes, whole, MADV_HUGEPAGE);
        return std::unique_ptr<char[], Free>(bytes);
    }
    std::vector<Block> blocks_;
    std::size_t used_ = 0;  ///< blocks
    char* next_ = nullptr;
    std::size_t left_ = 0;  ///< bytes from next_ on
};

/// The records of a range of keys that are no longer in memory, in the order of arrival.
struct ExternalBucketSort::Bucket {
    int fd = -1;
    std::int64_t file_bytes = 0;

    Bucket() = default;
    Bucket(Bucket&& other) noexcept
        : fd(std::exchange(other.fd, -1)), file_bytes(std::exchange(other.file_bytes, 0)) {}
    Bucket& operator=(Bucket&&) = delete;
    ~Bucket() { release(); }

    void release() {
        if (fd >= 0) ::close(std::exchange(fd, -1));
        file_bytes = 0;
    }

    void write(std::span<const char> bytes, const std::string& directory) {
        if (bytes.empty()) return;
        if (fd < 0) {
            fd = open_unnamed_file(directory);
            if (fd < 0) fail_io(directory);
        }
        file_bytes += std::ssize(bytes);
        while (!bytes.empty()) {
            const ssize_t n = ::write(fd, bytes.data(), bytes.size());
            if (n < 0 && errno == EINTR) continue;
            if (n <= 0) fail_io(directory);
            bytes = bytes.subspan(static_cast<std::size_t>(n));
        }
    }

    /// Reads [offset, offset + out.size()) of the temporary file.
    void read(std::int64_t offset, std::span<char> out, const std::string& directory) const {
        std::size_t done = 0;
        while (done < out.size()) {
            const ssize_t n = ::pread(fd, out.data() + done, out.size() - done,
                                      offset + static_cast<std::int64_t>(done));
            if (n < 0 && errno == EINTR) continue;
            if (n <= 0) fail_io(directory);
            done += static_cast<std::size_t>(n);
        }
    }

    /// Calls `take(address)` for every record, in pieces of a few MB (more where a record is
    /// longer).
    template <class Take>
    void for_each(const std::string& directory, Take&& take) const {
        constexpr std::size_t kPiece = std::size_t{4} << 20;
        std::vector<char> buffer;
        std::int64_t offset = 0;
        while (offset < file_bytes) {
            buffer.resize(std::min(std::max(kPiece, buffer.size()),
                                   static_cast<std::size_t>(file_bytes - offset)));
            read(offset, buffer, directory);
            std::size_t at = 0;
            while (at + sizeof(Header) <= buffer.size()) {
                const std::size_t bytes = record_bytes(header_at(buffer.data() + at));
                if (at + bytes > buffer.size()) break;
                take(buffer.data() + at);
                at += bytes;
            }
            if (at == 0) buffer.resize(2 * buffer.size());  // one record longer than the piece
            offset += static_cast<std::int64_t>(at);
        }
    }
};

ExternalBucketSort::ExternalBucketSort(std::string directory, std::size_t budget, Order order)
    : ExternalBucketSort(std::move(directory), budget, order, 0) {}

ExternalBucketSort::ExternalBucketSort(std::string directory, std::size_t budget, Order order,
                                       unsigned level)
    : directory_(std::move(directory)),
      budget_(budget),
      order_(order),
      level_(level),
      arena_(std::make_unique<Arena>()) {}

ExternalBucketSort::~ExternalBucketSort() = default;

void ExternalBucketSort::append(std::uint64_t key, const DocumentRecord& record) {
    const Header header{key,
                        record.id,
                        record.position,
                        checked_cast<std::uint32_t>(record.index.size()),
                        checked_cast<std::uint32_t>(record.topics.size()),
                        record.weight,
                        0};
    const std::size_t bytes = record_bytes(header);
    char* out = arena_->take(bytes);
    places_.push_back({key, out});
    const auto put = [&out](const void* from, std::size_t count) {
        if (count > 0) std::memcpy(out, from, count);
        out += count;
    };
    put(&header, sizeof header);
    put(record.index.data(), record.index.size_bytes());
    put(record.value.data(), record.value.size_bytes());
    put(record.topics.data(), record.topics.size_bytes());
    put(kPadding.data(), static_cast<std::size_t>(places_.back().at + bytes - out));
    in_memory_ += bytes;
    if (in_memory_ > budget_) spill();
}

std::size_t ExternalBucketSort::bucket_of(std::uint64_t key) const {
    if (order_ == Order::as_appended) return 0;
    return key >> (64 - kBucketBits * (level_ + 1)) & ((std::size_t{1} << kBucketBits) - 1);
}

/// Moves all records from memory to the files of their buckets, in large pieces.
void ExternalBucketSort::spill() {
    constexpr std::size_t kPiece = std::size_t{1} << 20;
    buckets_.resize(order_ == Order::by_key ? std::size_t{1} << kBucketBits : 1);
    std::ranges::stable_sort(places_, {}, [&](const Place& p) { return bucket_of(p.key); });
    std::vector<char> piece;
    for (std::size_t k = 0; k < places_.size(); ++k) {
        const char* at = places_[k].at;
        piece.insert(piece.end(), at, at + record_bytes(header_at(at)));
        const std::size_t which = bucket_of(places_[k].key);
        const bool last = k + 1 == places_.size() || bucket_of(places_[k + 1].key) != which;
        if (!last && piece.size() < kPiece) continue;
        buckets_[which].write(piece, directory_);
        piece.clear();
    }
    forget();
}

void ExternalBucketSort::forget() {
    places_.clear();
    arena_->clear();
    in_memory_ = 0;
}

/// Sorted records are scattered in memory, so the next ones are prefetched.
void ExternalBucketSort::give(std::span<const Place> places,
                              const std::function<void(const DocumentRecord&)>& take) {
    constexpr std::size_t kAhead = 4;
    constexpr std::size_t kLine = 64;
    constexpr std::size_t kLines = 8;
    for (std::size_t k = 0; k < places.size(); ++k) {
        if (k + kAhead < places.size()) {
            const char* next = places[k + kAhead].at;
            for (std::size_t line = 0; line < kLines; ++line) {
                __builtin_prefetch(next + line * kLine);
            }
        }
        take(record_at(places[k].at));
    }
}

void ExternalBucketSort::drain(const std::function<void(const DocumentRecord&)>& take) {
    if (buckets_.empty()) {
        if (order_ == Order::by_key) std::ranges::stable_sort(places_, {}, &Place::key);
        give(places_, take);
        return forget();
    }
    spill();
    arena_ = std::make_unique<Arena>();
    for (Bucket& bucket : buckets_) {
        if (order_ == Order::as_appended) {
            bucket.for_each(directory_, [&](const char* at) { take(record_at(at)); });
        } else if (static_cast<std::size_t>(bucket.file_bytes) > budget_ &&
                   level_ < kDeepestLevel) {
            respool(bucket, take);
        } else {
            drain_by_key(bucket, take);
        }
        bucket.release();
    }
    buckets_.clear();
}

void ExternalBucketSort::drain_by_key(const Bucket& bucket,
                                      const std::function<void(const DocumentRecord&)>& take) {
    whole_.resize(std::max(whole_.size(), static_cast<std::size_t>(bucket.file_bytes)));
    const std::span<char> records =
        std::span(whole_).first(static_cast<std::size_t>(bucket.file_bytes));
    bucket.read(0, records, directory_);
    for (std::size_t at = 0; at < records.size();) {
        const Header header = header_at(records.data() + at);
        places_.push_back({header.key, records.data() + at});
        at += record_bytes(header);
    }
    std::ranges::stable_sort(places_, {}, &Place::key);
    give(places_, take);
    places_.clear();
}

/// A bucket too large for memory is distributed again by the next bits of its keys.
void ExternalBucketSort::respool(const Bucket& bucket,
                                 const std::function<void(const DocumentRecord&)>& take) {
    std::vector<char>().swap(whole_);
    ExternalBucketSort finer(directory_, budget_, order_, level_ + 1);
    bucket.for_each(directory_,
                    [&](const char* at) { finer.append(header_at(at).key, record_at(at)); });
    finer.drain(take);
}

}  // namespace hogwild::io
