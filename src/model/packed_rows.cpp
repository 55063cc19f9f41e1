#include "model/packed_rows.hpp"

#include <cstdint>
#include <cstring>

namespace hogwild::model {
namespace {

constexpr std::size_t padded(std::size_t bytes) {
    constexpr std::size_t kUnit = sizeof(std::uint64_t);
    return (bytes + kUnit - 1) / kUnit * kUnit;
}

/// Appends arrays, each after its length in bytes, and aligned for any number.
class Packer {
public:
    explicit Packer(std::vector<std::byte>& out) : out_(out) { out_.clear(); }

    template <class T>
    void add(std::span<const T> values) {
        const std::uint64_t size = values.size_bytes();
        const std::size_t begin = out_.size();
        out_.resize(begin + sizeof size + padded(size));
        std::memcpy(out_.data() + begin, &size, sizeof size);
        if (size > 0) std::memcpy(out_.data() + begin + sizeof size, values.data(), size);
    }

private:
    std::vector<std::byte>& out_;
};

/// Views of the arrays, in their order.
class Unpacker {
public:
    explicit Unpacker(std::span<const std::byte> bytes) : left_(bytes) {}

    template <class T>
    std::span<const T> take() {
        std::uint64_t size = 0;
        std::memcpy(&size, left_.data(), sizeof size);
        const std::byte* const values = left_.data() + sizeof size;
        left_ = left_.subspan(sizeof size + padded(size));
        return {reinterpret_cast<const T*>(values), size / sizeof(T)};
    }

private:
    std::span<const std::byte> left_;
};

template <class Index>
void pack_records(const CompactRows<Index>& rows, std::vector<std::byte>& out) {
    Packer to(out);
    const std::int64_t nonzeros = rows.nonzeros();
    to.add(std::span(&nonzeros, 1));
    to.add(rows.starts());
    to.add(rows.records());
}

}  // namespace

void pack(const data::Rows& rows, std::vector<std::byte>& out) {
    Packer to(out);
    to.add(rows.indptr());
    to.add(rows.index());
    to.add(rows.value());
    to.add(rows.labels());
    to.add(rows.weights());
}

void append_packed(std::span<const std::byte> bytes, data::Rows& rows) {
    Unpacker from(bytes);
    data::Rows block;
    const auto [indptr, index, value, label, weight] = block.arrays();
    const auto fill = [&]<class T>(std::vector<T>& to) {
        const std::span<const T> values = from.take<T>();
        to.assign(values.begin(), values.end());
    };
    fill(indptr);
    fill(index);
    fill(value);
    fill(label);
    fill(weight);
    rows.append(block, 0, block.size());
}

void pack(const TrainingRows& rows, std::vector<std::byte>& out) {
    using Layout = TrainingRows::Layout;
    if (rows.layout() == Layout::plain) return pack(rows.plain(), out);
    if (rows.layout() == Layout::narrow) return pack_records(rows.compact<std::uint16_t>(), out);
    pack_records(rows.compact<std::uint32_t>(), out);
}

void append_packed(std::span<const std::byte> bytes, TrainingRows& rows) {
    if (rows.layout() == TrainingRows::Layout::plain) {
        data::Rows block;
        append_packed(bytes, block);
        rows.append(block, 0, block.size());
        return;
    }
    Unpacker from(bytes);
    const std::int64_t nonzeros = from.take<std::int64_t>().front();
    const auto starts = from.take<std::size_t>();
    rows.append_records(from.take<std::byte>(), starts, nonzeros);
}

}  // namespace hogwild::model
