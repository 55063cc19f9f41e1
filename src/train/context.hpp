#pragma once
#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "data/label_sets.hpp"
#include "model/class_weights.hpp"
#include "model/gradient.hpp"
#include "model/schedule.hpp"
#include "model/training_rows.hpp"
#include "train/hooks/averager.hpp"
#include "train/hooks/hook.hpp"
#include "train/hooks/snapshots.hpp"
#include "train/precision.hpp"
#include "train/regularization/plan.hpp"
#include "train/sampling/row_stream.hpp"
#include "train/sampling/sampler.hpp"

namespace hogwild::train {

/// How `downpour` distributes parameters and work. Ignored by other strategies.
struct DownpourPlan {
    int servers = 1;  ///< number of ranks that hold blocks of the parameters: the last ranks
    std::int64_t push_every = 1;   ///< batches whose changes a worker sends together, >= 1
    std::int64_t fetch_every = 1;  ///< batches between fetches of the parameters, >= 1
    bool adagrad = false;          ///< the servers take AdaGrad steps; false: plain ones
    /// Batches that rank 0 processes before the other ranks begin.
    std::int64_t warm_start_batches = 0;
};

/// Which weights `lock-free` keeps in a private copy per rank. Ignored by other strategies.
struct HotHeadPlan {
    /// Process single documents and write weights only for documents with a non-zero gradient.
    /// Ignored unless there is no regularizer or it is aggregated.
    bool by_document = false;
    /// Number of features in the head: features 0 to size - 1. Every rank keeps a copy of their
    /// weights and of the bias. 0: there is no head, and no copy of the bias.
    std::size_t size = 0;
    std::int64_t merge_every = 1024;  ///< documents of a rank between merges of its head, >= 1
};

/// Settings of `dual`. Ignored by other strategies.
struct DualPlan {
    /// The relative duality gap at which a run ends; empty: it makes all its epochs.
    std::optional<double> gap = std::nullopt;
    /// Documents that stay at a bound are passed over for some epochs.
    bool backs_off = true;
    /// The share of S in the bias of the margins, in (0, 1], see DualAscent; empty: by lambda.
    std::optional<double> bias_share = std::nullopt;
    /// Ranks of the group that have documents, the first ones; 0: all.
    int workers = 0;
    int groups = 1;  ///< that exchange
    /// Their changes are added up in the order of the groups.
    bool in_rank_order = false;
    bool overlaps = false;  ///< groups train on while changes are added up
};

/// How nodes combine their weights; see NodeExchange, and for `dual` DualExchange.
enum class Combine { mean, sum, elastic, dual };

/// What an exchange sends: all weights, or the changes since the last one (see SparseSum);
/// automatic: see FormatChoice.
enum class ExchangeFormat { automatic, dense, sparse };

struct ExchangePlan {
    Combine combine = Combine::mean;
    double elastic_rate = 0.5;  ///< in (0, 1]
    /// Documents of all ranks between exchanges, >= 1; empty: chosen so that exchanges cost little.
    std::optional<std::int64_t> every = std::nullopt;
    ExchangeFormat format = ExchangeFormat::automatic;
    bool bfloat16 = false;  ///< changes are sent as model::Bfloat16
};

/// What one of several outputs learns.
struct OutputSetting {
    double lambda = 0.0;                    ///< >= 0
    model::ClassWeights step_weights = {};  ///< as Objective::step_weights
    /// Its learning rate, divided by that of TrainingContext::schedule; in (0, 1].
    double rate_share = 1.0;
};

/// What the outputs of a weight matrix learn. The same on every rank but for the labels.
struct Outputs {
    data::LabelSets labels;               ///< of the documents in TrainingContext::rows
    std::vector<OutputSetting> settings;  ///< one per output
};

/// The input of a strategy: this rank's documents, and settings that are equal on all ranks.
struct TrainingContext {
    const model::Objective& objective;
    /// This rank's training documents, or a window of them, in row_layout().
    const model::TrainingRows& rows;
    BatchSource& batches;  ///< over `rows`
    model::StepSchedule schedule;
    RegularizationPlan regularization = {};
    std::int64_t training_documents = 0;  ///< of all ranks
    /// Documents of all ranks divided by documents of this rank, over the whole run.
    double global_documents_per_local = 1.0;
    /// Ranks share cores, so they yield between batches (see YieldTimer).
    bool oversubscribed = false;
    bool meters = true;              ///< measure contention and staleness
    Snapshots* snapshots = nullptr;  ///< of the model during the run; not owned
    Averager* averager = nullptr;    ///< of this rank's block of the weights; not owned
    DownpourPlan downpour = {};
    HotHeadPlan hot_head_plan = {};
    ExchangePlan exchange = {};
    bool node_aware = false;  ///< `asynchronous`: see Routes; `downpour`: see downpour::Topology
    DualPlan dual = {};
    std::uint64_t seed = 0;           ///< of random rounding, see MatrixWeights
    Hook* progress_report = nullptr;  ///< on a rank that shows progress; not owned
    /// Of a model with several outputs, whose objective has the largest lambda of all or a larger
    /// one; not owned.
    const Outputs* outputs = nullptr;
    /// Where `rows` is a window of this rank's documents; not owned.
    RowStream* stream = nullptr;

    /// All training documents of this rank.
    OwnDocuments own_documents() const noexcept { return OwnDocuments(rows, stream); }
    /// The share of S in the bias of a margin, see DualAscent; 0 without a bias.
    double bias_share() const noexcept {
        if (!objective.bias) return 0.0;
        const double share = (dual.groups > 1 ? 10.0 : 20.0) * objective.lambda;
        return dual.bias_share.value_or(std::min(1.0, share));
    }
    /// The learning rate at the present progress.
    /// @param documents  processed by all ranks, see GlobalProgress.
    double learning_rate(double documents) const noexcept {
        return schedule.at(documents, documents / static_cast<double>(training_documents));
    }
};

/// Whether snapshots or averages are taken at all.
inline bool records(const TrainingContext& context) {
    return context.snapshots != nullptr || context.averager != nullptr;
}

/// Whether a snapshot or a reading for the average is due before a batch.
inline bool records_weights(const TrainingContext& context, std::int64_t iteration) {
    return (context.snapshots != nullptr && context.snapshots->due(iteration)) ||
           (context.averager != nullptr && context.averager->due(iteration));
}

/// Takes a snapshot, or a reading for the average, if it is due before a batch.
/// @param weight   weight(u) returns weight u as this rank sees it, in double.
/// @param copy_to  copy_to(out) writes all weights to a span of doubles.
template <class Weight, class Copy>
void record_weights(const TrainingContext& context, std::int64_t iteration, Weight&& weight,
                    Copy&& copy_to) {
    Averager* const averager = context.averager;
    if (context.snapshots != nullptr && context.snapshots->due(iteration)) {
        if (averager != nullptr) {
            context.snapshots->take(
                iteration, [&](std::span<double> out) { averager->copy_mean(out, weight); });
        } else {
            context.snapshots->take(iteration, copy_to);
        }
    }
    if (averager != nullptr && averager->due(iteration)) averager->take(iteration, weight);
}

}  // namespace hogwild::train
