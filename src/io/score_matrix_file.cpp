#include "io/score_matrix_file.hpp"

#include <algorithm>

#include "io/hdf5_arrays.hpp"
#include "io/hdf5_matrices.hpp"

namespace hogwild::io {

struct ScoreMatrixFile::Arrays {
    h5::Handle file;
    h5::NewMatrix scores;
    h5::GrowingDataset ids;
};

ScoreMatrixFile::ScoreMatrixFile(const std::string& path,
                                 const std::vector<std::string>& categories,
                                 std::span<const double> thresholds, std::int64_t documents)
    : lock_(path), pending_(path), categories_(categories.size()) {
    h5::Handle file = h5::create_file(pending_.temporary_path());
    h5::write_attribute(file, "schema", "hogwild.scores");
    h5::write_attribute(file, "version", std::int64_t{1});
    h5::write_strings(file, "categories", categories);
    h5::write_array(file, "thresholds", thresholds);
    h5::NewMatrix scores(file, "scores", documents, std::ssize(categories),
                         std::clamp<std::int64_t>(documents, 1, kRows));
    auto ids = h5::create_array<std::int64_t>(file, "document_id", documents);
    arrays_ = std::make_unique<Arrays>(Arrays{std::move(file), std::move(scores), std::move(ids)});
}

ScoreMatrixFile::~ScoreMatrixFile() = default;

void ScoreMatrixFile::write(std::int64_t first, std::span<const float> scores) {
    column_.resize(scores.size() / categories_);
    for (std::size_t c = 0; c < categories_; ++c) {
        for (std::size_t i = 0; i < column_.size(); ++i) column_[i] = scores[i * categories_ + c];
        arrays_->scores.write(static_cast<std::int64_t>(c), first, column_);
    }
}

void ScoreMatrixFile::append_ids(std::span<const std::int64_t> ids) { arrays_->ids.append(ids); }

void ScoreMatrixFile::commit() {
    arrays_->scores.close();
    arrays_->ids.close();
    h5::write_attribute(arrays_->file, "complete", std::int64_t{1});
    arrays_->file.close();
    pending_.commit();
}

}  // namespace hogwild::io
