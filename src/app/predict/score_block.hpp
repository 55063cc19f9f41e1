#pragma once
#include <cmath>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "app/common/feature_match.hpp"
#include "app/predict/score_lines.hpp"
#include "app/predict/scorer.hpp"
#include "data/error.hpp"
#include "model/evaluation.hpp"

namespace hogwild::app {

/// Sums over the scored documents.
struct Totals {
    std::int64_t documents = 0;
    model::Tally tally;
    std::vector<model::LabelledScore> scores;  ///< of this rank's documents that have labels
    FeatureMatch match;
};

[[noreturn]] inline void refuse_score(const Scorer& scorer, const Scored& document) {
    throw Error(ExitCode::bad_data, scorer.data.name + ": document " + std::to_string(document.id) +
                                        " has the score " + std::to_string(document.score) +
                                        " by " + scorer.trained.name +
                                        ": its values, or the weights, are "
                                        "too large");
}

/// Scores a block of documents, takes its rows, and hands the results out in their order.
/// @param take  take(Scored).
template <class TakeScored>
void score_block(const Scorer& scorer, io::RowBlock& block, Totals& totals,
                 const TakeScored& take) {
    const std::span<const double> w(scorer.model.weights);
    const auto rows = model::in_listed_numbering(std::move(block.rows), scorer.columns);
    for (std::int64_t i = 0; i < rows.size(); ++i) {
        const std::int64_t id = block.document_id[static_cast<std::size_t>(i)];
        const Scored document{id, model::dot(w, rows.row(i)) + w.back(),
                              scorer.order.place(totals.documents, id)};
        ++totals.documents;
        if (!std::isfinite(document.score)) refuse_score(scorer, document);
        take(document);
    }
    if (scorer.labels.known) model::evaluate(scorer.model, rows, totals.tally, &totals.scores);
    totals.match.add(rows, w);
}

}  // namespace hogwild::app
