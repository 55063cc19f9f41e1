#pragma once
#include <string>

namespace hogwild::io {

/// An output file under a temporary name (`NAME.part`) until `commit()`; whatever ends earlier
/// leaves nothing behind.
class PendingFile {
public:
    /// Creates (or empties) the temporary file, so that a directory that cannot be written is
    /// found at once. @throws Error: cannot_create.
    explicit PendingFile(std::string final_path);
    PendingFile(PendingFile&& other) noexcept;
    PendingFile& operator=(PendingFile&&) = delete;
    ~PendingFile();

    const std::string& temporary_path() const noexcept { return temporary_; }
    const std::string& final_path() const noexcept { return final_; }

    /// Makes the content durable and gives the file its final name.
    /// @param previous  name for what has the final name now; empty: it is replaced.
    /// @throws Error: io.
    void commit(const std::string& previous = {});

private:
    std::string final_;
    std::string temporary_;  ///< empty once committed or moved from
};

}  // namespace hogwild::io
