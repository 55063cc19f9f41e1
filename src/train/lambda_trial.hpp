#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "data/rows.hpp"
#include "model/gradient.hpp"
#include "model/ranking.hpp"

namespace hogwild::train {

/// How many documents lambdas are tried on: the shorter they are, the more for the same work. Few
/// of them say little about many features, and many say nothing new about few.
/// @param length    mean number of entries. @param features  that occur.
/// @return          12,000 to 100,000. Not collective.
std::int64_t lambda_documents(double length, std::int64_t features);

/// What a trial finds out.
struct LambdaChoice {
    double lambda = 0.0;  ///< > 0, of two digits
    /// Of documents from which the scoring model had learnt nothing, at about this lambda; each
    /// document at most once, in no order. Empty where nothing could be tried.
    std::vector<model::LabelledScore> scores;
};

/// Chooses lambda of Regularizer::l2 by trial: minimises the objective on some documents by dual
/// coordinate ascent along a path of falling lambdas, each from where the one before ended, and
/// takes the one with the highest sum of accuracy, F1 and AUC on other documents. (Accuracy alone
/// does not see rare classes, F1 is coarse, AUC does not see the bias.) Few documents are divided
/// anew several times. The best lambda falls with the number of documents, so what was found on a
/// sample is made smaller for more.
///
/// @param objective           its lambda does not count.
/// @param rows                a random sample, at least two documents.
/// @param order               the numbers of the rows in random order.
/// @param training_documents  those for which lambda is to be chosen.
/// @return                    depends on the arguments only. Not collective.
/// Cost: some 10 to 30 visits of every sampled document.
LambdaChoice choose_lambda(const model::Objective& objective, const data::Rows& rows,
                           std::span<const std::uint32_t> order, std::int64_t training_documents);

}  // namespace hogwild::train
