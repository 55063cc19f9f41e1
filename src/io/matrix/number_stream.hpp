#pragma once
#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "data/error.hpp"

namespace hogwild::io {

/// An array of numbers in a file, read once from front to back. Arrays of two dimensions are read
/// row by row.
class NumberStream {
public:
    virtual ~NumberStream() = default;
    /// Elements in all. The file holds them: see hdf5_checks.hpp and zip_archive.hpp.
    virtual std::int64_t length() const noexcept = 0;
    /// Elements that are best read at once; every read but the last must take a multiple of
    /// `unit()`.
    virtual std::int64_t block() const noexcept = 0;
    virtual std::int64_t unit() const noexcept { return 1; }
    /// The next out.size() elements. @throws Error: bad_data on damage.
    virtual void read(std::span<std::int64_t> out) = 0;
    virtual void read(std::span<double> out) = 0;
    /// For messages: file and array.
    const std::string& name() const noexcept { return name_; }

protected:
    explicit NumberStream(std::string name) : name_(std::move(name)) {}

private:
    std::string name_;
};

/// Takes numbers one by one or in groups from a stream that is read in blocks.
template <class T>
class NumberQueue {
public:
    explicit NumberQueue(std::unique_ptr<NumberStream> stream)
        : stream_(std::move(stream)), left_(stream_->length()) {}

    const std::string& name() const noexcept { return stream_->name(); }
    /// Not yet taken.
    std::int64_t left() const noexcept {
        return left_ + static_cast<std::int64_t>(block_.size() - taken_);
    }
    T next() {
        if (taken_ == block_.size()) refill();
        return block_[taken_++];
    }
    /// Appends the next `count` numbers to `out`.
    void take(std::int64_t count, std::vector<T>& out) {
        while (count > 0) {
            if (taken_ == block_.size()) refill();
            const auto part =
                std::min<std::size_t>(block_.size() - taken_, static_cast<std::size_t>(count));
            const auto first = block_.begin() + static_cast<std::ptrdiff_t>(taken_);
            out.insert(out.end(), first, first + static_cast<std::ptrdiff_t>(part));
            taken_ += part;
            count -= static_cast<std::int64_t>(part);
        }
    }

private:
    void refill() {
        if (left_ == 0) {
            throw Error(ExitCode::bad_data, name() + " is shorter than it should be");
        }
        block_.resize(static_cast<std::size_t>(std::min(stream_->block(), left_)));
        stream_->read(std::span<T>(block_));
        left_ -= static_cast<std::int64_t>(block_.size());
        taken_ = 0;
    }

    std::unique_ptr<NumberStream> stream_;
    std::int64_t left_;  ///< in the stream
    std::vector<T> block_;
    std::size_t taken_ = 0;  ///< of block_
};

}  // namespace hogwild::io
