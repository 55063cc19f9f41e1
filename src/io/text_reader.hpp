#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "data/line_cursor.hpp"
#include "io/digest.hpp"
#include "io/text_source.hpp"

namespace hogwild::io {

/// Lines of a text file, plain or compressed (see TextSource), in bounded memory. A byte order mark
/// is no part of the first line.
class TextReader {
public:
    /// @param path  or `-`: standard input.
    /// @throws Error: no_input when the file is missing, unreadable or a directory.
    explicit TextReader(const std::string& path);

    /// The next line without its newline; valid until the next call. A last line need not end
    /// with a newline.
    /// @return false at the end of the file.
    /// @throws Error: bad_data as TextSource::read() or for an over-long line, io when reading
    ///         fails.
    bool next(std::string_view& line);

    /// For messages.
    const std::string& name() const noexcept { return name_; }
    /// Of the last line, from 1.
    std::int64_t line_number() const noexcept { return line_number_; }
    /// Position in the file as it is stored, and its size (0: unknown): for progress.
    std::int64_t stored_position() const noexcept { return source_->position(); }
    std::int64_t stored_size() const noexcept { return source_->size(); }
    /// XXH3 (64 bits, 16 hex digits) of the text read so far; of the whole text at the end.
    std::string digest() const { return digest_.hex(); }

private:
    bool fill();

    std::unique_ptr<TextSource> source_;
    Digest digest_;
    std::string name_;
    std::vector<char> buffer_;
    std::size_t begin_ = 0;  ///< unread text is buffer_[begin_, end_)
    std::size_t end_ = 0;
    std::int64_t line_number_ = 0;
};

/// @throws Error: bad_data, always: "file:line:column: reason", of the line that was read last.
[[noreturn]] void fail_in_line(const TextReader& reader, const data::LineError& error);

/// Calls `parse(line)` for every line of the file; turns a LineError into
/// "file:line:column: reason" (bad_data).
void for_each_line(TextReader& reader, const std::function<void(std::string_view)>& parse);

}  // namespace hogwild::io
