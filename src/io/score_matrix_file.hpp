#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "io/file_lock.hpp"
#include "io/pending_file.hpp"

namespace hogwild::io {

/// The scores of documents for several categories, as they are written to a file (schema
/// `hogwild.scores`, docs/formats.md).
class ScoreMatrixFile {
public:
    /// @param thresholds  of the categories: a score above it predicts the category.
    /// @param documents   of which write() gives the scores, each once.
    /// @throws Error: cannot_create, io.
    ScoreMatrixFile(const std::string& path, const std::vector<std::string>& categories,
                    std::span<const double> thresholds, std::int64_t documents);
    ~ScoreMatrixFile();
    ScoreMatrixFile(const ScoreMatrixFile&) = delete;
    ScoreMatrixFile& operator=(const ScoreMatrixFile&) = delete;

    /// Rows to write at a time: whole chunks of the file.
    static constexpr std::int64_t kRows = std::int64_t{1} << 14;
    /// @param first   row. @param scores  rows x categories. @throws Error: io.
    void write(std::int64_t first, std::span<const float> scores);
    /// The ids of the documents, in the order of the rows. @throws Error: io.
    void append_ids(std::span<const std::int64_t> ids);
    /// @throws Error: io.
    void commit();

private:
    struct Arrays;

    FileLock lock_;
    PendingFile pending_;
    std::size_t categories_;
    std::vector<float> column_;  ///< of the rows that are being written
    std::unique_ptr<Arrays> arrays_;
};

}  // namespace hogwild::io
