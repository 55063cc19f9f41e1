#pragma once
#include <sys/types.h>

#include <string>

#include "io/descriptor.hpp"
#include "io/stop_signal.hpp"

namespace hogwild::io {

/// An output file under a temporary name (`.NAME.hogwild-RANDOM`, see own_files.hpp) until
/// `commit()`. Without commit() no file remains.
///
/// An output that is a symbolic link is written through: the file that it leads to is replaced. A
/// file that is replaced keeps its mode, and its owner and group as far as the system allows; until
/// then no other user can read what is written.
class PendingFile {
public:
    /// Creates the temporary file, so an unwritable directory is reported at once.
    /// @throws Error: cannot_create.
    explicit PendingFile(std::string final_path);
    PendingFile(PendingFile&& other) noexcept;
    PendingFile& operator=(PendingFile&&) = delete;
    ~PendingFile();

    /// For libraries that open by name. @throws Error: io when it no longer is the file that was
    /// created: in a shared folder another user may have put a link in its place.
    const std::string& temporary_path() const;
    const std::string& final_path() const noexcept { return final_; }
    /// The temporary file, to be written. @throws Error: io.
    Descriptor open() const;

    /// Makes the content durable and gives the file its final name.
    /// @param previous  new name of the file that has the final name now; empty: it is replaced.
    /// @throws Error: io.
    void commit(const std::string& previous = {});
    /// Removes a committed file again, if it still has its name.
    void withdraw() noexcept;

private:
    bool is_ours(const std::string& path) const noexcept;
    Descriptor open_as(int flags) const;
    [[noreturn]] void fail(const std::string& why) const;

    std::string final_;
    std::string target_;     ///< the file that final_ leads to
    std::string temporary_;  ///< empty once committed or moved from
    dev_t device_ = 0;       ///< of the file that was created, as inode_
    ino_t inode_ = 0;
    Leftover leftover_;
};

}  // namespace hogwild::io
