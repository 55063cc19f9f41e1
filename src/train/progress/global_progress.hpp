#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "model/kernels.hpp"
#include "train/context.hpp"
#include "train/meters/document_totals.hpp"
#include "train/regularization/shared_weight_decay.hpp"

namespace hogwild::train {

/// The progress that the learning rate of every strategy follows: the number of documents of all
/// ranks whose changes are in the weights from which the next batch is computed. It is as if one
/// rank had processed the documents in this order: a rank that is delayed also delays the decrease
/// of the learning rate for the others, and continues at their current rate. Each strategy uses
/// what it can know of this number:
///   shared memory               this class; exact for `round-robin` with one group
///   synchronous, asynchronous   documents of all received messages plus its own; exact
///   downpour                    its own documents, scaled to all ranks: servers do not report
///                               how many documents they have seen
///
/// Reading the counters of the other ranks costs one cache miss per rank, so a rank reads them only
/// every few dozen documents (refresh()). In between it assumes that all ranks of its node are as
/// fast as itself, and always that other nodes are as fast as its own.
///
/// No rank may be more than one epoch ahead of the slowest (bounded staleness, SSP, Ho et al.
/// 2013). Otherwise the last and smallest steps would all be those of the slowest rank's documents,
/// which costs accuracy. Waiting costs nothing: a run takes as long as its slowest rank.
/// `asynchronous` has the same bound; the workers of `downpour` do not know each other's progress.
class GlobalProgress {
public:
    /// @param slots  one per rank, shared among them. @param me  number of this rank's slot.
    GlobalProgress(const TrainingContext& context, const DocumentTotals& totals,
                   std::span<ProgressSlot> slots, int me)
        : slots_(slots),
          mine_(slots[static_cast<std::size_t>(me)]),
          totals_(totals),
          staleness_bound_(static_cast<double>(context.own_documents().size()) / totals.own) {}

    /// Call before a round of updates. Until end_round(), other ranks wait for this rank if it is
    /// too far behind. @param documents  that this rank has processed. Keeps the step sum.
    void begin_round(std::int64_t documents) noexcept {
        model::store(mine_.documents, documents);
        model::store(mine_.done, static_cast<double>(documents) / totals_.own);
        documents_ = totals_.all / totals_.own * static_cast<double>(documents);
        group_documents_ =
            std::llround(totals_.group / totals_.own * static_cast<double>(documents));
    }
    /// Call after a round of updates: no rank waits for this one any more.
    void end_round() noexcept { model::store(mine_.done, 1.0); }
    /// Adds documents that this rank has processed.
    void advance(std::size_t documents) noexcept {
        const auto n = static_cast<std::int64_t>(documents);
        model::store(mine_.documents, model::load(mine_.documents) + n);
        model::store(mine_.done, static_cast<double>(mine_.documents) / totals_.own);
        documents_ += totals_.all / totals_.own * static_cast<double>(documents);
        since_refresh_ += documents;
    }
    /// Adds learning rate times documents to the step sum.
    void add_step_sum(double step_sum) noexcept {
        model::store(mine_.step_sum, model::load(mine_.step_sum) + step_sum);
        step_sum_ += totals_.group / totals_.own * step_sum;
    }
    /// Calls refresh() if the last call was 64 or more documents ago.
    void keep_up() noexcept {
        constexpr std::size_t kOften = 64;
        if (since_refresh_ >= kOften) refresh();
    }
    /// Reads the counters of all ranks of this rank's group.
    void refresh() noexcept {
        since_refresh_ = 0;
        std::int64_t documents = 0;
        step_sum_ = 0.0;
        least_done_ = 1.0;
        for (const ProgressSlot& slot : slots_) {
            documents += model::load(slot.documents);
            step_sum_ += model::load(slot.step_sum);
            least_done_ = std::min(least_done_, model::load(slot.done));
        }
        group_documents_ = documents;
        documents_ = totals_.all / totals_.group * static_cast<double>(documents);
    }

    /// Estimate of the documents processed by all ranks.
    double documents() const noexcept { return documents_; }
    /// Documents of the ranks of this rank's group, as of the last refresh() or begin_round().
    std::int64_t group_documents() const noexcept { return group_documents_; }
    /// Sum over the ranks of this rank's group of learning rate times documents.
    double step_sum() const noexcept { return step_sum_; }

    /// Whether this rank was too far ahead of the slowest as of the last refresh().
    bool exceeds_staleness_bound() const noexcept {
        return model::load(mine_.done) > least_done_ + staleness_bound_;
    }

private:
    std::span<ProgressSlot> slots_;
    ProgressSlot& mine_;
    DocumentTotals totals_;
    double staleness_bound_;  ///< share of this rank's work
    double least_done_ = 0.0;
    double documents_ = 0.0;
    std::size_t since_refresh_ = 0;  ///< documents of this rank
    std::int64_t group_documents_ = 0;
    double step_sum_ = 0.0;
};

}  // namespace hogwild::train
