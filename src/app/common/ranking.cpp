#include "app/common/ranking.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <utility>

#include "mpi/collectives.hpp"

namespace hogwild::app {
namespace {

using model::LabelledScore;
using model::RankingSums;

void sort_descending(std::vector<LabelledScore>& scores) {
    std::ranges::sort(scores, std::greater<>{}, &LabelledScore::score);
}

/// The items of all ranks in rank order, on every rank.
template <class T>
std::vector<T> gather_all(std::span<const T> own, mpi::Communicator comm) {
    mpi::GatheredBytes gathered;
    mpi::all_gather(comm, std::as_bytes(own), gathered);
    std::vector<T> all;
    for (const std::span<const std::byte> part : gathered.parts()) {
        const std::size_t first = all.size();
        all.resize(first + part.size() / sizeof(T));
        if (!part.empty()) std::memcpy(all.data() + first, part.data(), part.size());
    }
    return all;
}

/// Scores that divide the documents of all ranks into about equal ranges: fewer than ranks,
/// descending, the same on every rank.
/// @param own  sorted by descending score.
std::vector<double> choose_splitters(const std::vector<LabelledScore>& own,
                                     mpi::Communicator comm) {
    constexpr std::size_t kSamples = 64;  // of a rank: ranges differ by a few per cent
    std::vector<double> mine;
    for (std::size_t k = 0; k < std::min(kSamples, own.size()); ++k) {
        mine.push_back(own[k * own.size() / std::min(kSamples, own.size())].score);
    }
    std::vector<double> samples = gather_all(std::span<const double>(mine), comm);
    std::ranges::sort(samples, std::greater<>{});
    const auto ranks = static_cast<std::size_t>(comm.size());
    std::vector<double> splitters;
    for (std::size_t r = 1; r < ranks && !samples.empty(); ++r) {
        const double splitter = samples[r * samples.size() / ranks];
        if (splitters.empty() || splitter < splitters.back()) splitters.push_back(splitter);
    }
    return splitters;
}

/// How many of this rank's documents each rank receives: rank r those above splitter r, and the
/// rest. Documents of one score go to one rank.
std::vector<std::size_t> count_parts(const std::vector<LabelledScore>& own,
                                     const std::vector<double>& splitters, int ranks) {
    std::vector<std::size_t> counts(static_cast<std::size_t>(ranks), 0);
    auto begin = own.begin();
    for (std::size_t r = 0; r < splitters.size(); ++r) {
        const auto end = std::partition_point(
            begin, own.end(), [&](const LabelledScore& s) { return s.score > splitters[r]; });
        counts[r] = static_cast<std::size_t>(end - begin);
        begin = end;
    }
    counts[splitters.size()] = static_cast<std::size_t>(own.end() - begin);
    return counts;
}

/// Sums over the ranges of the ranks before this one, which hold the higher scores.
RankingSums sums_above(const std::vector<LabelledScore>& range, mpi::Communicator comm) {
    const RankingSums own = model::sum_ranking(range);
    const std::array<double, 2> mine{own.positives, own.negatives};
    const std::vector<double> all = gather_all(std::span<const double>(mine), comm);
    RankingSums above;
    for (std::size_t r = 0; r < static_cast<std::size_t>(comm.rank()); ++r) {
        above.positives += all[2 * r];
        above.negatives += all[2 * r + 1];
    }
    return above;
}

/// A rank's range of the scores of all ranks.
struct Range {
    std::vector<LabelledScore> scores;  ///< sorted by descending score
    RankingSums above;                  ///< over the ranges of the ranks before this one
};

Range take_range(std::vector<LabelledScore> own, mpi::Communicator comm) {
    sort_descending(own);
    if (comm.size() == 1) return {std::move(own), {}};  // without a copy
    const std::vector<double> splitters = choose_splitters(own, comm);
    const std::vector<std::size_t> counts = count_parts(own, splitters, comm.size());
    Range range;
    range.scores = mpi::exchange_parts(comm, std::span<const LabelledScore>(own), counts);
    own = {};
    sort_descending(range.scores);
    range.above = sums_above(range.scores, comm);
    return range;
}

/// One optional number of every rank, in rank order.
std::vector<std::optional<double>> gather(std::optional<double> mine, mpi::Communicator comm) {
    const double number = mine.value_or(std::numeric_limits<double>::quiet_NaN());
    std::vector<std::optional<double>> all;
    for (const double theirs : gather_all(std::span<const double>(&number, 1), comm)) {
        all.push_back(std::isnan(theirs) ? std::nullopt : std::optional(theirs));
    }
    return all;
}

}  // namespace

RankingSums rank_all(std::vector<LabelledScore> own, mpi::Communicator comm) {
    const Range range = take_range(std::move(own), comm);
    const RankingSums sums = model::sum_ranking(range.scores, range.above);
    std::array<double, 4> numbers{sums.positives, sums.negatives, sums.ordered_pairs,
                                  sums.precision_at_positives};
    mpi::sum_in_rank_order(comm, numbers);
    return {numbers[0], numbers[1], numbers[2], numbers[3]};
}

std::optional<model::BestThreshold> best_threshold(std::vector<LabelledScore> own,
                                                   mpi::Communicator comm) {
    const Range range = take_range(std::move(own), comm);
    double positives = model::sum_ranking(range.scores).positives;
    mpi::sum_in_rank_order(comm, std::span(&positives, 1));
    const std::vector<LabelledScore>& scores = range.scores;
    const auto highest =
        gather(scores.empty() ? std::nullopt : std::optional(scores.front().score), comm);
    std::optional<double> next;
    for (int r = comm.size() - 1; r > comm.rank(); --r) {
        const std::optional<double>& theirs = highest[static_cast<std::size_t>(r)];
        if (theirs) next = theirs;
    }
    const auto mine = model::best_f1(scores, range.above, positives, next);
    const auto f1 = gather(mine ? std::optional(mine->f1) : std::nullopt, comm);
    const auto threshold = gather(mine ? std::optional(mine->threshold) : std::nullopt, comm);
    std::optional<model::BestThreshold> best;
    for (std::size_t r = 0; r < f1.size(); ++r) {  // the highest scores first
        if (f1[r] && (!best || *f1[r] > best->f1)) best = {*f1[r], *threshold[r]};
    }
    return best;
}

std::optional<model::Isotonic> fit_isotonic(std::vector<LabelledScore> own,
                                            mpi::Communicator comm) {
    const Range range = take_range(std::move(own), comm);
    const std::vector<model::PooledScores> mine = model::pool_violators(range.scores);
    const auto pools =
        model::pool_violators(gather_all(std::span<const model::PooledScores>(mine), comm));
    double positives = 0.0;
    double negatives = 0.0;
    for (const model::PooledScores& pool : pools) {
        positives += pool.positives;
        negatives += pool.negatives;
    }
    if (!(positives > 0.0 && negatives > 0.0)) return std::nullopt;
    return model::isotonic_of(pools);
}

}  // namespace hogwild::app
