#include "app/common/matrix_measures.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>

#include "data/partition.hpp"
#include "mpi/collectives.hpp"

namespace hogwild::app {
namespace {

using model::LabelledScore;

constexpr std::size_t kRankingNumbers = 4;  // of an output, see pack_ranking()

void pack_ranking(const OutputRanking& ranking, std::span<double> numbers) {
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    const model::BestThreshold none{kNone, kNone};
    const model::BestThreshold threshold = ranking.threshold.value_or(none);
    numbers[0] = ranking.auc;
    numbers[1] = ranking.average_precision;
    numbers[2] = threshold.f1;
    numbers[3] = threshold.threshold;
}

OutputRanking unpack_ranking(std::span<const double> numbers) {
    OutputRanking ranking{numbers[0], numbers[1], std::nullopt};
    if (!std::isnan(numbers[3])) ranking.threshold = model::BestThreshold{numbers[2], numbers[3]};
    return ranking;
}

/// The documents of all ranks for one output, a different one on each rank.
/// @param first  the output of rank 0, the next one is that of rank 1; from table.outputs() on
///               there is none.
std::vector<LabelledScore> exchange_outputs(const model::ScoreTable& table, std::size_t first,
                                            mpi::Communicator comm) {
    std::vector<LabelledScore> mine;
    std::vector<std::size_t> counts(static_cast<std::size_t>(comm.size()), 0);
    const std::size_t end = std::min(first + counts.size(), table.outputs());
    for (std::size_t output = first; output < end; ++output) {
        const std::size_t before = mine.size();
        table.copy_output(output, mine);
        counts[output - first] = mine.size() - before;
    }
    if (comm.size() == 1) return mine;
    return mpi::exchange_parts(comm, std::span<const LabelledScore>(mine), counts);
}

model::ClassConfusion sum_confusions(const model::ClassConfusion& own, mpi::Communicator comm) {
    using Cell = model::ClassConfusion::Cell;
    const std::vector<Cell> cells = own.cells();
    mpi::GatheredBytes gathered;
    mpi::all_gather(comm, std::as_bytes(std::span(cells)), gathered);
    model::ClassConfusion sum;
    Cell cell{};
    for (const std::span<const std::byte> part : gathered.parts()) {
        for (std::size_t at = 0; at < part.size(); at += sizeof cell) {
            std::memcpy(&cell, part.data() + at, sizeof cell);
            sum.add(cell.label, cell.predicted, cell.documents);
        }
    }
    return sum;
}

}  // namespace

OutputRanking rank_output(std::vector<LabelledScore> scores, std::optional<double> fbr) {
    OutputRanking ranking;
    const auto finite = [](const LabelledScore& s) { return std::isfinite(s.score); };
    if (!std::ranges::all_of(scores, finite)) return ranking;
    std::ranges::sort(scores, std::greater<>{}, &LabelledScore::score);
    const model::RankingSums sums = model::sum_ranking(scores);
    ranking.auc = sums.auc();
    ranking.average_precision = sums.average_precision();
    if (fbr) ranking.threshold = model::choose_threshold(scores, *fbr);
    return ranking;
}

model::MatrixTally sum_tallies(const model::MatrixTally& own, mpi::Communicator comm) {
    std::vector<double> numbers = own.pack();
    mpi::sum_in_rank_order(comm, numbers);
    model::MatrixTally sum = model::MatrixTally::unpack(numbers);
    sum.confusion = sum_confusions(own.confusion, comm);
    return sum;
}

template <data::Numbering kNumbering>
model::MatrixMetrics metrics_of_all(const model::MatrixModel<kNumbering>& model,
                                    const model::MatrixTally& own, mpi::Communicator comm,
                                    model::ClassWeighting weighting) {
    const model::MatrixTally tally = sum_tallies(own, comm);
    std::vector<double> norms;
    if (model.objective.regularizer == model::Regularizer::l2) {
        const auto inputs = static_cast<std::int64_t>(model.objective.shape.inputs());
        const data::Range part = data::equal_part(inputs, comm.size(), comm.rank());
        norms = model::squared_norms(model, static_cast<std::size_t>(part.begin),
                                     static_cast<std::size_t>(part.end));
        mpi::sum_in_rank_order(comm, norms);
    }
    return model::metrics_of(model, tally, norms, weighting);
}

std::vector<OutputRanking> rank_outputs(const model::ScoreTable& own, std::optional<double> fbr,
                                        mpi::Communicator comm) {
    const auto ranks = static_cast<std::size_t>(comm.size());
    const auto me = static_cast<std::size_t>(comm.rank());
    // each rank's numbers of its own outputs and zeros of the others: their sum is that of all
    std::vector<double> numbers(own.outputs() * kRankingNumbers);
    for (std::size_t first = 0; first < own.outputs(); first += ranks) {
        std::vector<LabelledScore> scores = exchange_outputs(own, first, comm);
        const std::size_t output = first + me;
        if (output >= own.outputs()) continue;
        pack_ranking(rank_output(std::move(scores), fbr),
                     std::span(numbers).subspan(output * kRankingNumbers, kRankingNumbers));
    }
    mpi::sum_in_rank_order(comm, numbers);
    std::vector<OutputRanking> rankings;
    for (std::size_t at = 0; at < numbers.size(); at += kRankingNumbers) {
        rankings.push_back(unpack_ranking(std::span(numbers).subspan(at, kRankingNumbers)));
    }
    return rankings;
}

void set_rankings(const std::vector<OutputRanking>& rankings, model::MatrixMetrics& metrics) {
    assert(rankings.size() == metrics.outputs.size());
    for (std::size_t o = 0; o < rankings.size(); ++o) {
        metrics.outputs[o].auc = rankings[o].auc;
        metrics.outputs[o].average_precision = rankings[o].average_precision;
    }
    metrics.average_rankings();
}

using data::Numbering;
template model::MatrixMetrics metrics_of_all(const model::MatrixModel<Numbering::listed>&,
                                             const model::MatrixTally&, mpi::Communicator,
                                             model::ClassWeighting);
template model::MatrixMetrics metrics_of_all(const model::MatrixModel<Numbering::training>&,
                                             const model::MatrixTally&, mpi::Communicator,
                                             model::ClassWeighting);

}  // namespace hogwild::app
