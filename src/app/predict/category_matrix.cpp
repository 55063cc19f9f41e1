#include "app/predict/category_matrix.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "app/common/evaluate.hpp"
#include "app/common/run_collectively.hpp"
#include "data/partition.hpp"
#include "io/score_matrix_file.hpp"
#include "model/linear_model.hpp"
#include "mpi/collectives.hpp"

namespace hogwild::app {
namespace {

/// Scores rows of a dataset. @return rows x outputs.
std::vector<float> score_rows(const CategoryScorer& scorer, io::Dataset& dataset,
                              data::Range rows) {
    const std::size_t outputs = scorer.model().outputs.size();
    model::PaddedMatrix z(scorer.model().stride());
    std::vector<float> scores;
    scores.reserve(static_cast<std::size_t>(rows.size()) * outputs);
    io::RowBlock block;
    for (std::int64_t row = rows.begin; row < rows.end;) {
        row = dataset.read_block(row, rows.end, any_labels(dataset), block);
        const auto listed = model::in_listed_numbering(std::move(block.rows), scorer.columns());
        for (std::int64_t i = 0; i < listed.size(); ++i) {
            scorer.model().scores(listed.row(i), z);
            const auto of_document = std::span<const float>(z).first(outputs);
            check_scores(of_document, dataset.name(),
                         block.document_id[static_cast<std::size_t>(i)]);
            scores.insert(scores.end(), of_document.begin(), of_document.end());
        }
    }
    return scores;
}

/// The rows of a rank's part that are scored in a round.
data::Range part_of_round(const io::Dataset& dataset, const mpi::Communicators& comms, int rank,
                          std::int64_t round) {
    constexpr std::int64_t kRows = io::ScoreMatrixFile::kRows;
    const data::Range own = data::equal_part(dataset.rows(), comms.size(), rank);
    const std::int64_t begin = std::min(own.end, own.begin + round * kRows);
    return {begin, std::min(own.end, begin + kRows)};
}

/// Writes the scores that all ranks have found in a round. @param others  their bytes, in rank
/// order.
void write_round(io::ScoreMatrixFile& file, const io::Dataset& dataset,
                 const mpi::Communicators& comms, std::int64_t round, std::span<const float> own,
                 const std::string& others, std::size_t outputs) {
    file.write(part_of_round(dataset, comms, 0, round).begin, own);
    std::vector<float> scores;
    std::size_t at = 0;
    for (int rank = 1; rank < comms.size(); ++rank) {
        const data::Range rows = part_of_round(dataset, comms, rank, round);
        scores.resize(static_cast<std::size_t>(rows.size()) * outputs);
        std::memcpy(scores.data(), others.data() + at, scores.size() * sizeof(float));
        at += scores.size() * sizeof(float);
        file.write(rows.begin, scores);
    }
}

}  // namespace

void write_score_matrix(const PredictOptions& options, const CategoryScorer& scorer,
                        io::Dataset& dataset, const mpi::Communicators& comms) {
    const mpi::Communicator world = comms.world();
    std::optional<io::ScoreMatrixFile> file;  // on rank 0
    std::vector<std::string> categories;
    for (const io::ModelOutput& output : scorer.origin().outputs) {
        categories.push_back(output.category);
    }
    std::vector<double> thresholds;
    for (const model::OutputModel& output : scorer.model().outputs) {
        thresholds.push_back(output.threshold);
    }
    run_collectively_on_root(
        world, [&] { file.emplace(options.matrix, categories, thresholds, dataset.rows()); });
    const std::int64_t most = evaluated_rows(dataset, comms).size();
    const std::int64_t rounds =
        (mpi::max(world, most) + io::ScoreMatrixFile::kRows - 1) / io::ScoreMatrixFile::kRows;
    for (std::int64_t round = 0; round < rounds; ++round) {
        std::vector<float> own;
        std::string message;
        run_collectively(world, [&] {
            own = score_rows(scorer, dataset, part_of_round(dataset, comms, comms.rank(), round));
            if (comms.rank() == 0) return;
            const auto bytes = std::as_bytes(std::span(own));
            message.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        });
        const std::string others = mpi::gather_text(world, message);
        run_collectively_on_root(world, [&] {
            write_round(*file, dataset, comms, round, own, others, categories.size());
        });
    }
    run_collectively_on_root(world, [&] {
        constexpr std::int64_t kIds = std::int64_t{1} << 16;
        for (std::int64_t row = 0; row < dataset.rows(); row += kIds) {
            file->append_ids(dataset.document_ids(row, std::min(dataset.rows(), row + kIds)));
        }
        file->commit();
    });
}

}  // namespace hogwild::app
