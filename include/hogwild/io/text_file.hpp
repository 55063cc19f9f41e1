#pragma once
#include <cstdio>
#include <string>

#include "hogwild/io/pending_file.hpp"

namespace hogwild::io {

/// A text file to write, buffered, under a temporary name until `commit()`.
class TextFile {
public:
    /// @throws Error: cannot_create.
    explicit TextFile(const std::string& path);
    TextFile(const TextFile&) = delete;
    TextFile& operator=(const TextFile&) = delete;
    ~TextFile();

    /// Append here, then call flush_if_full().
    std::string& text() noexcept { return text_; }
    /// @throws Error: io, as commit().
    void flush_if_full() {
        if (text_.size() >= kBlock) flush();
    }
    /// Writes and closes without giving the file its name yet: what can fail, fails here.
    void close();
    void commit();
    const std::string& path() const noexcept { return pending_.final_path(); }

private:
    static constexpr std::size_t kBlock = std::size_t{1} << 20;
    void flush();

    PendingFile pending_;
    std::FILE* file_ = nullptr;
    std::string text_;
};

}  // namespace hogwild::io
