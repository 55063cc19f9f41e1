#include "model/label_ranking.hpp"

#include <algorithm>
#include <cstddef>

#include "model/ratio.hpp"

namespace hogwild::model {
namespace {

// Counts in 32 bits, as wide as the scores, so that vectors hold as many of both.
std::int32_t count_at_or_above(std::span<const float> scores, float score) noexcept {
    std::int32_t count = 0;
    for (const float other : scores) count += other >= score ? 1 : 0;
    return count;
}

/// The label that is ranked first among the labels.
std::uint16_t first_label(std::span<const float> scores,
                          std::span<const std::uint16_t> labels) noexcept {
    return *std::ranges::min_element(labels, [&](std::uint16_t a, std::uint16_t b) {
        return scores[a] != scores[b] ? scores[a] > scores[b] : a < b;
    });
}

bool is_first(std::span<const float> scores, std::uint16_t output) noexcept {
    const float score = scores[output];
    std::int32_t before = count_at_or_above(scores.first(output), score);
    for (const float other : scores.subspan(output)) before += other > score ? 1 : 0;
    return before == 0;
}

}  // namespace

std::size_t first_output(std::span<const float> scores) noexcept {
    return static_cast<std::size_t>(std::ranges::max_element(scores) - scores.begin());
}

void LabelRankingSums::add(std::span<const float> scores, std::span<const std::uint16_t> labels,
                           double weight) noexcept {
    if (labels.empty()) return;
    std::int32_t deepest = 0;
    std::int64_t wrong_pairs = 0;
    for (const std::uint16_t label : labels) {
        const float score = scores[label];
        const std::int32_t depth = count_at_or_above(scores, score);
        deepest = std::max(deepest, depth);
        wrong_pairs += depth - std::ranges::count_if(labels, [&](std::uint16_t other) {
                           return scores[other] >= score;
                       });
    }
    const bool top = is_first(scores, first_label(scores, labels));
    labelled += weight;
    coverage += weight * deepest;
    top_errors += top ? 0.0 : weight;
    const std::size_t others = scores.size() - labels.size();
    if (others > 0) {
        mixed += weight;
        disorder += weight * (static_cast<double>(wrong_pairs) /
                              static_cast<double>(labels.size() * others));
    }
    if (labels.size() == 1) {
        single += weight;
        single_top += top ? weight : 0.0;
    }
}

LabelRankingSums& LabelRankingSums::operator+=(const LabelRankingSums& other) noexcept {
    labelled += other.labelled;
    coverage += other.coverage;
    top_errors += other.top_errors;
    mixed += other.mixed;
    disorder += other.disorder;
    single += other.single;
    single_top += other.single_top;
    return *this;
}

std::array<double, LabelRankingSums::kNumbers> LabelRankingSums::pack() const noexcept {
    return {labelled, coverage, top_errors, mixed, disorder, single, single_top};
}

LabelRankingSums LabelRankingSums::unpack(std::span<const double, kNumbers> n) noexcept {
    return {n[0], n[1], n[2], n[3], n[4], n[5], n[6]};
}

LabelRanking label_ranking_of(const LabelRankingSums& sums) noexcept {
    return {ratio(sums.coverage, sums.labelled), ratio(sums.disorder, sums.mixed),
            ratio(sums.top_errors, sums.labelled), ratio(sums.single_top, sums.single)};
}

}  // namespace hogwild::model
