#include "hogwild/io/row_spool.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "hogwild/data/checked_cast.hpp"
#include "hogwild/data/error.hpp"

namespace hogwild::io {
namespace {

constexpr unsigned kBucketBits = 8;
constexpr unsigned kDeepestLevel = 64 / kBucketBits - 1;

/// A record in the spool: this header, then indices, values, topics, padded to 8 bytes.
struct Header {
    std::uint64_t key;
    std::int64_t id;
    std::uint32_t terms;
    std::uint32_t topics;
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
            {static_cast<const std::uint16_t*>(topics), header.topics}};
}

[[noreturn]] void fail_io(const std::string& directory) {
    throw Error(ExitCode::io, directory + ": temporary file: " + std::strerror(errno));
}

/// A temporary file without a name where the file system can, else one whose name goes at once.
int open_unnamed(const std::string& directory) {
    const int fd = ::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0) return fd;
    std::string name = directory + "/.hogwild-spool-XXXXXX";
    const int named = ::mkostemp(name.data(), O_CLOEXEC);
    if (named >= 0) ::unlink(name.c_str());
    return named;
}

}  // namespace

struct RowSpool::Bucket {
    std::vector<char> memory;  ///< whole records
    int fd = -1;
    std::int64_t file_bytes = 0;

    Bucket() = default;
    Bucket(Bucket&& other) noexcept
        : memory(std::move(other.memory)),
          fd(std::exchange(other.fd, -1)),
          file_bytes(std::exchange(other.file_bytes, 0)) {}
    Bucket& operator=(Bucket&&) = delete;
    ~Bucket() { release(); }

    void release() {
        if (fd >= 0) ::close(std::exchange(fd, -1));
        file_bytes = 0;
        std::vector<char>().swap(memory);
    }

    /// Moves what is in memory to the temporary file.
    void spill(const std::string& directory) {
        if (memory.empty()) return;
        if (fd < 0) {
            fd = open_unnamed(directory);
            if (fd < 0) fail_io(directory);
        }
        std::size_t done = 0;
        while (done < memory.size()) {
            const ssize_t n = ::write(fd, memory.data() + done, memory.size() - done);
            if (n < 0 && errno == EINTR) continue;
            if (n <= 0) fail_io(directory);
            done += static_cast<std::size_t>(n);
        }
        file_bytes += static_cast<std::int64_t>(memory.size());
        std::vector<char>().swap(memory);
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

    /// Calls `take(address)` for every record, in the order of arrival, in pieces of `piece`
    /// bytes (more where a record is longer).
    template <class Take>
    void for_each(std::size_t piece, const std::string& directory, Take&& take) const {
        std::vector<char> buffer;
        std::int64_t offset = 0;
        while (offset < file_bytes) {
            buffer.resize(std::min(std::max(piece, buffer.size()),
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
        for (std::size_t at = 0; at < memory.size();
             at += record_bytes(header_at(memory.data() + at))) {
            take(memory.data() + at);
        }
    }
};

RowSpool::RowSpool(std::string directory, std::size_t budget, Order order)
    : RowSpool(std::move(directory), budget, order, 0) {}

RowSpool::RowSpool(std::string directory, std::size_t budget, Order order, unsigned level)
    : directory_(std::move(directory)), budget_(budget), order_(order), level_(level) {
    buckets_.resize(order == Order::by_key ? std::size_t{1} << kBucketBits : 1);
}

RowSpool::~RowSpool() = default;

void RowSpool::append(std::uint64_t key, const DocumentRecord& record) {
    const std::size_t which = order_ == Order::by_key ? (key >> (64 - kBucketBits * (level_ + 1))) &
                                                            ((std::size_t{1} << kBucketBits) - 1)
                                                      : 0;
    std::vector<char>& memory = buckets_[which].memory;
    const Header header{key, record.id, checked_cast<std::uint32_t>(record.index.size()),
                        checked_cast<std::uint32_t>(record.topics.size())};
    const std::size_t bytes = record_bytes(header);
    const std::size_t at = memory.size();
    memory.resize(at + bytes);
    char* out = memory.data() + at;
    const auto put = [&out](const void* from, std::size_t count) {
        if (count > 0) std::memcpy(out, from, count);
        out += count;
    };
    put(&header, sizeof header);
    put(record.index.data(), record.index.size_bytes());
    put(record.value.data(), record.value.size_bytes());
    put(record.topics.data(), record.topics.size_bytes());
    in_memory_ += bytes;
    if (in_memory_ > budget_) spill();
}

void RowSpool::spill() {
    for (Bucket& bucket : buckets_) bucket.spill(directory_);
    in_memory_ = 0;
}

void RowSpool::drain(const std::function<void(const DocumentRecord&)>& take) {
    for (Bucket& bucket : buckets_) {
        if (order_ == Order::as_appended) {
            drain_in_order(bucket, take);
        } else if (static_cast<std::size_t>(bucket.file_bytes) > budget_ &&
                   level_ < kDeepestLevel) {
            respool(bucket, take);
        } else {
            drain_by_key(bucket, take);
        }
        bucket.release();
    }
    in_memory_ = 0;
}

void RowSpool::drain_in_order(Bucket& bucket,
                              const std::function<void(const DocumentRecord&)>& take) {
    bucket.for_each(std::size_t{4} << 20, directory_, [&](const char* at) { take(record_at(at)); });
}

void RowSpool::drain_by_key(Bucket& bucket,
                            const std::function<void(const DocumentRecord&)>& take) {
    if (bucket.file_bytes > 0) {  // all in memory, the older part first
        std::vector<char> whole(static_cast<std::size_t>(bucket.file_bytes));
        bucket.read(0, whole, directory_);
        whole.insert(whole.end(), bucket.memory.begin(), bucket.memory.end());
        bucket.release();
        bucket.memory.swap(whole);
    }
    std::vector<const char*> records;
    bucket.for_each(0, directory_, [&](const char* at) { records.push_back(at); });
    std::ranges::stable_sort(records, {}, [](const char* at) { return header_at(at).key; });
    for (const char* at : records) take(record_at(at));
}

/// A bucket that is too large for memory is spread again by the next bits of its keys.
void RowSpool::respool(Bucket& bucket, const std::function<void(const DocumentRecord&)>& take) {
    RowSpool finer(directory_, budget_, order_, level_ + 1);
    bucket.for_each(std::size_t{4} << 20, directory_,
                    [&](const char* at) { finer.append(header_at(at).key, record_at(at)); });
    bucket.release();
    finer.drain(take);
}

}  // namespace hogwild::io
