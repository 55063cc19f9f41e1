#include "io/score_matrix_reader.hpp"

#include <unordered_set>
#include <utility>

#include "data/error.hpp"
#include "io/hdf5_arrays.hpp"
#include "io/hdf5_matrices.hpp"
#include "io/model_outputs.hpp"

namespace hogwild::io {
namespace {

h5::Handle open_scores(const std::string& path) {
    h5::Handle file = h5::open_file(path);
    const std::string schema =
        h5::has_attribute(file, "schema") ? h5::read_string(file, "schema") : "";
    if (schema != "hogwild.scores") {
        throw Error(ExitCode::bad_data, path + ": is no matrix of scores: its schema is '" +
                                            schema +
                                            "', not 'hogwild.scores'; predict --matrix writes one");
    }
    const std::int64_t version = h5::read_integer(file, "version");
    if (version != 1) {
        throw Error(ExitCode::bad_data, path + ": is a matrix of scores of version " +
                                            std::to_string(version) +
                                            "; this program reads version 1");
    }
    return file;
}

/// @throws Error: bad_data unless there is one for each column of the matrix, and each once.
std::vector<std::string> read_category_names(const h5::Handle& file, std::int64_t columns) {
    const h5::ReadDataset names(file, "categories", h5::ReadDataset::Kind::string);
    if (columns < 1 || names.length() != columns) {
        throw Error(ExitCode::bad_data, file.what() + "/categories has " +
                                            std::to_string(names.length()) + " names for " +
                                            std::to_string(columns) + " columns of scores");
    }
    std::vector<std::string> categories = names.read_all_strings();
    std::unordered_set<std::string> known;
    for (const std::string& name : categories) {
        if (known.insert(name).second) continue;
        throw Error(ExitCode::bad_data, file.what() + ": has two categories '" + name + "'");
    }
    return categories;
}

std::optional<std::vector<double>> read_thresholds(const h5::Handle& file, std::int64_t columns) {
    if (!h5::has_link(file, "thresholds")) return std::nullopt;
    std::vector<double> thresholds = h5::read_reals(file, "thresholds");
    if (std::ssize(thresholds) == columns) return thresholds;
    throw Error(ExitCode::bad_data, file.what() + "/thresholds has " +
                                        std::to_string(thresholds.size()) + " values for " +
                                        std::to_string(columns) + " categories");
}

std::vector<std::int64_t> read_ids(const h5::Handle& file, std::int64_t rows) {
    const h5::ReadDataset dataset(file, "document_id", h5::ReadDataset::Kind::integer);
    if (dataset.length() != rows) {
        throw Error(ExitCode::bad_data, file.what() + "/document_id has " +
                                            std::to_string(dataset.length()) + " ids for " +
                                            std::to_string(rows) + " rows of scores");
    }
    std::vector<std::int64_t> ids(static_cast<std::size_t>(rows));
    dataset.read(0, std::span<std::int64_t>(ids));
    return ids;
}

}  // namespace

struct ScoreMatrixReader::Matrix {
    explicit Matrix(const std::string& path) : file(open_scores(path)), scores(file, "scores") {}

    h5::Handle file;
    h5::ReadMatrix scores;
};

ScoreMatrixReader::ScoreMatrixReader(const std::string& path)
    : matrix_(std::make_unique<const Matrix>(path)),
      categories_(read_category_names(matrix_->file, matrix_->scores.columns())),
      thresholds_(read_thresholds(matrix_->file, matrix_->scores.columns())),
      ids_(read_ids(matrix_->file, matrix_->scores.rows())) {}

ScoreMatrixReader::~ScoreMatrixReader() = default;

void ScoreMatrixReader::for_each_block(const TakeRows& take) const {
    read_matrix(matrix_->scores, take);
}

std::vector<float> ScoreMatrixReader::scores_of(std::size_t category) const {
    std::vector<float> scores(ids_.size());
    matrix_->scores.read(static_cast<std::int64_t>(category), 0, scores);
    return scores;
}

}  // namespace hogwild::io
