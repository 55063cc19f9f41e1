#pragma once
#include <string>
#include <vector>

#include "hogwild/io/stop_signal.hpp"

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
    Leftover leftover_;
};

/// Whether two paths name one file, also one that does not exist yet.
bool same_file(const std::string& a, const std::string& b);

/// @throws Error: usage when an output is one of the inputs.
void check_not_input(const std::string& output, const std::vector<std::string>& inputs);

}  // namespace hogwild::io
