#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/read_ahead.hpp"
#include "io/decompressor.hpp"
#include "io/descriptor.hpp"
#include "io/wake_up.hpp"

namespace hogwild::io {

/// How messages name a text: its path, or "standard input" for `-`.
std::string text_name(const std::string& path);

/// The text that a file, a pipe or standard input holds, unpacked where it is compressed, in
/// blocks. A compressed file is unpacked by a thread of its own.
class TextSource {
public:
    static constexpr std::size_t kBlock = std::size_t{1} << 20;

    /// @param path  or `-`: standard input. @throws Error: no_input.
    explicit TextSource(const std::string& path);
    TextSource(const TextSource&) = delete;
    TextSource& operator=(const TextSource&) = delete;
    /// Does not wait for who writes into a pipe.
    ~TextSource() { wake_up_.raise(); }

    /// Up to kBlock bytes, of a pipe what has come; none only at the end.
    /// @throws Error: bad_data for a file that is truncated, damaged or known to be no text of
    ///         documents, io when reading fails.
    std::size_t read(char* out);

    /// Bytes taken from the file as it is stored.
    std::int64_t position() const noexcept { return position_; }
    /// Bytes of the file as it is stored; 0 when that is not known.
    std::int64_t size() const noexcept { return size_; }

private:
    void start();
    void refill();
    std::size_t read_file(std::span<std::byte> out);
    std::size_t read_once(std::span<std::byte> out);
    std::size_t read_plain(std::span<std::byte> out);
    std::size_t unpack(std::span<std::byte> out);

    std::string name_;  ///< for messages
    Descriptor file_;
    bool is_regular_ = false;  ///< a file, whose bytes are all there
    WakeUp wake_up_;           ///< of the thread of `ahead_`
    std::int64_t size_ = 0;
    std::atomic<std::int64_t> position_ = 0;
    std::vector<std::byte> stored_;      ///< as in the file
    std::span<const std::byte> unread_;  ///< part of stored_
    bool started_ = false;
    bool at_end_ = false;  ///< of the file
    std::unique_ptr<Decompressor> decompressor_;
    std::vector<char> block_;                                  ///< from `ahead_`
    std::optional<data::ReadAhead<std::vector<char>>> ahead_;  ///< last: its thread uses the others
};

}  // namespace hogwild::io
