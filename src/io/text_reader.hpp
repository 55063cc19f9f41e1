#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace hogwild::io {

/// Lines of a plain or gzip-compressed text file (distinguished by content), in bounded memory.
class TextReader {
public:
    /// @throws Error: no_input when the file is missing, unreadable or a directory.
    explicit TextReader(const std::string& path);
    TextReader(TextReader&&) noexcept;
    TextReader& operator=(TextReader&&) noexcept;
    ~TextReader();

    /// The next line without its newline; valid until the next call. A last line need not end
    /// with a newline.
    /// @return false at the end of the file.
    /// @throws Error: bad_data for a truncated or damaged .gz or an over-long line, io when
    ///         reading fails.
    bool next(std::string_view& line);

    const std::string& path() const noexcept { return path_; }
    std::int64_t line_number() const noexcept {
        return line_number_;
    }  ///< of the last line, from 1
    /// Position in the file as stored (compressed bytes for .gz), and its size: for progress.
    std::int64_t stored_position() const;
    std::int64_t stored_size() const noexcept { return stored_size_; }
    /// XXH3 (64 bits, 16 hex digits) of the text read so far; of the whole text at the end.
    std::string digest() const;

private:
    bool fill();

    struct Stream;
    std::unique_ptr<Stream> stream_;
    std::string path_;
    std::vector<char> buffer_;
    std::size_t begin_ = 0;  ///< unread text is buffer_[begin_, end_)
    std::size_t end_ = 0;
    std::int64_t line_number_ = 0;
    std::int64_t stored_size_ = 0;
};

/// Calls `parse(line)` for every line of the file; turns a LineError into
/// "file:line:column: reason" (bad_data).
void for_each_line(TextReader& reader, const std::function<void(std::string_view)>& parse);

}  // namespace hogwild::io
