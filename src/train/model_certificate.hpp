#pragma once
#include <cstdint>

#include "model/linear_model.hpp"
#include "model/training_rows.hpp"
#include "mpi/collectives.hpp"
#include "train/certificate.hpp"

namespace hogwild::train {

/// How far a model of Regularizer::l2 is from the optimum, however it was trained.
///
/// A document's margin says what its dual variable would be if the model were the optimum:
/// a = -phi'(margin). From there some passes of coordinate ascent raise the dual value: each rank
/// passes over its own documents, the changes are added up (Ma et al. 2015, arXiv:1502.03508), and
/// as much of them is kept as is best for the dual value. Passes end when they gain little.
///
/// @param model               finite weights, the same on all ranks.
/// @param rows                this rank's training documents.
/// @param training_documents  of all ranks.
/// @return                    the same on all ranks.
/// @pre objective.lambda > 0
/// Cost: up to 20 passes over the documents; 24 bytes a document and 16 a weight.
/// @note Collective over `world`.
Certificate certify_model(const model::LinearModel<data::Numbering::training>& model,
                          const model::TrainingRows& rows, std::int64_t training_documents,
                          mpi::Communicator world);

}  // namespace hogwild::train
