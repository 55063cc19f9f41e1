#pragma once
#include <optional>
#include <string>

#include "io/descriptor.hpp"
#include "io/file_lock.hpp"
#include "io/pending_file.hpp"

namespace hogwild::io {

/// A text file to write, buffered, under a temporary name until `commit()`. Standard output (`-`),
/// pipes and devices are written directly: flushed text cannot be taken back.
class TextFile {
public:
    /// @throws Error: cannot_create.
    explicit TextFile(const std::string& path);

    /// Append here, then call flush_if_full().
    std::string& text() noexcept { return text_; }
    /// @throws Error: io, as commit().
    void flush_if_full() {
        if (text_.size() >= kBlock) flush();
    }
    /// Writes and closes the temporary file: errors show here, before the file gets its name.
    void close();
    void commit();
    /// Removes a committed file again.
    void withdraw() noexcept {
        if (pending_) pending_->withdraw();
    }
    const std::string& path() const noexcept { return path_; }

private:
    static constexpr std::size_t kBlock = std::size_t{1} << 20;
    void flush();

    std::string path_;
    std::optional<PendingFile> pending_;  ///< empty for a stream
    Descriptor file_;
    std::string text_;
};

/// A text file that no other run can write at the same time.
struct LockedTextFile {
    /// @throws Error: cannot_create.
    explicit LockedTextFile(const std::string& path) : lock(path), file(path) {}
    FileLock lock;
    TextFile file;
};

/// Checks early that a text can be written, and leaves nothing behind. A stream is not opened: the
/// reader of a pipe would take it for its end. @throws Error: cannot_create.
void check_text_output(const std::string& path);

}  // namespace hogwild::io
