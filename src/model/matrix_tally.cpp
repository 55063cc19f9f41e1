#include "model/matrix_tally.hpp"

#include <array>
#include <cassert>

namespace hogwild::model {

OutputTally& OutputTally::operator+=(const OutputTally& other) noexcept {
    positives += other.positives;
    predicted_positives += other.predicted_positives;
    true_positives += other.true_positives;
    positive_weight += other.positive_weight;
    predicted_weight += other.predicted_weight;
    true_positive_weight += other.true_positive_weight;
    loss += other.loss;
    positive_loss += other.positive_loss;
    penalty += other.penalty;
    positive_penalty += other.positive_penalty;
    return *this;
}

Tally MatrixTally::of(std::size_t output) const noexcept {
    const OutputTally& own = outputs[output];
    const std::int64_t predicted_negatives = documents - own.predicted_positives;
    const std::int64_t missed = own.positives - own.true_positives;
    return {
        .positives = own.positives,
        .negatives = documents - own.positives,
        .correct_positives = own.true_positives,
        .correct_negatives = predicted_negatives - missed,
        .predicted_positives = own.predicted_positives,
        .predicted_negatives = predicted_negatives,
        .all = {weight, own.predicted_weight, weight - own.predicted_weight, own.loss, own.penalty},
        .positive = {own.positive_weight, own.true_positive_weight,
                     own.positive_weight - own.true_positive_weight, own.positive_loss,
                     own.positive_penalty}};
}

std::vector<double> MatrixTally::pack() const {
    std::vector<double> numbers{static_cast<double>(documents), weight, exact_matches};
    const auto append = [&](const auto& more) {
        numbers.insert(numbers.end(), more.begin(), more.end());
    };
    append(ranking.pack());
    for (const OutputTally& o : outputs) {
        append(std::array<double, OutputTally::kNumbers>{
            static_cast<double>(o.positives), static_cast<double>(o.predicted_positives),
            static_cast<double>(o.true_positives), o.positive_weight, o.predicted_weight,
            o.true_positive_weight, o.loss, o.positive_loss, o.penalty, o.positive_penalty});
    }
    return numbers;
}

MatrixTally MatrixTally::unpack(std::span<const double> numbers) {
    constexpr std::size_t kOwn = 3;
    MatrixTally tally;
    tally.documents = static_cast<std::int64_t>(numbers[0]);
    tally.weight = numbers[1];
    tally.exact_matches = numbers[2];
    tally.ranking = LabelRankingSums::unpack(numbers.subspan<kOwn, LabelRankingSums::kNumbers>());
    for (std::size_t at = kOwn + LabelRankingSums::kNumbers; at < numbers.size();
         at += OutputTally::kNumbers) {
        const auto n = numbers.subspan(at, OutputTally::kNumbers);
        tally.outputs.push_back({static_cast<std::int64_t>(n[0]), static_cast<std::int64_t>(n[1]),
                                 static_cast<std::int64_t>(n[2]), n[3], n[4], n[5], n[6], n[7],
                                 n[8], n[9]});
    }
    return tally;
}

MatrixTally& MatrixTally::operator+=(const MatrixTally& other) noexcept {
    assert(outputs.size() == other.outputs.size());
    documents += other.documents;
    weight += other.weight;
    exact_matches += other.exact_matches;
    ranking += other.ranking;
    for (std::size_t o = 0; o < outputs.size(); ++o) outputs[o] += other.outputs[o];
    confusion += other.confusion;
    return *this;
}

}  // namespace hogwild::model
