#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "io/model_reader.hpp"

namespace hogwild::io {

/// An open file of scores for several categories, as ScoreMatrixFile or another program has written
/// it. The scores are read when they are asked for.
class ScoreMatrixReader {
public:
    /// @throws Error: no_input, bad_data.
    explicit ScoreMatrixReader(const std::string& path);
    ~ScoreMatrixReader();
    ScoreMatrixReader(const ScoreMatrixReader&) = delete;
    ScoreMatrixReader& operator=(const ScoreMatrixReader&) = delete;

    /// At least one, each once.
    const std::vector<std::string>& categories() const noexcept { return categories_; }
    /// Of the categories; empty where the file has none.
    const std::optional<std::vector<double>>& thresholds() const noexcept { return thresholds_; }
    /// Ids of the documents, by row.
    const std::vector<std::int64_t>& ids() const noexcept { return ids_; }

    /// Hands out all scores in blocks of rows, see read_matrix(). @throws Error: bad_data.
    void for_each_block(const TakeRows& take) const;
    /// The scores of all documents for a category. @throws Error: bad_data.
    std::vector<float> scores_of(std::size_t category) const;

private:
    struct Matrix;

    std::unique_ptr<const Matrix> matrix_;
    std::vector<std::string> categories_;
    std::optional<std::vector<double>> thresholds_;
    std::vector<std::int64_t> ids_;
};

}  // namespace hogwild::io
