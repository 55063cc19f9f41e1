#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "hogwild/model/kernels.hpp"
#include "hogwild/train/decay.hpp"
#include "hogwild/train/strategy.hpp"
#include "hogwild/train/work.hpp"

namespace hogwild::train {

/// Progress, which the learning rate of every strategy follows: the documents of all ranks together
/// whose changes are in the weights that the next batch is computed from. As if the documents had
/// come in this order on one rank, a rank that is held up delays the fall of everybody's learning
/// rate, and finds it low when it comes back. Every strategy goes by what it knows of it:
///   shared memory               this class; exactly with one window in turns (`round-robin`)
///   synchronous, asynchronous   the documents of all messages received, and its own: exactly
///   downpour                    its own documents, times those of all ranks over its own, since
///                               servers tell nobody how many they have seen
///
/// Here the ranks of a node look each other up now and then, since a look costs a cache miss per
/// rank; in between a rank estimates progress as if the others were as fast as itself, and always
/// as if other nodes were as fast as its own.
///
/// Nobody should be more than an epoch ahead: who is done early leaves the last and smallest steps
/// to the documents of one rank, which costs accuracy, while waiting costs nothing, since the run
/// takes as long as its slowest rank (the bounded staleness of Ho et al. 2013, SSP). `asynchronous`
/// does the same; downpour's workers do not know of each other.
class CommonProgress {
public:
    /// @param slots  one per rank, shared among them; this rank's is number `me`.
    CommonProgress(const Problem& problem, const Work& work, std::span<ProgressSlot> slots, int me)
        : slots_(slots),
          mine_(slots[static_cast<std::size_t>(me)]),
          work_(work),
          lead_(static_cast<double>(problem.rows.size()) / work.own) {}

    /// Before updates: from now on the others wait for this rank, if it is far behind.
    /// @param documents  of this rank so far. Its exponent is left as it is.
    void enter(std::int64_t documents) noexcept {
        model::store(mine_.documents, documents);
        model::store(mine_.done, static_cast<double>(documents) / work_.own);
        documents_ = work_.all / work_.own * static_cast<double>(documents);
        node_documents_ = std::llround(work_.node / work_.own * static_cast<double>(documents));
    }
    /// After updates, however far it came: nobody waits for it.
    void leave() noexcept { model::store(mine_.done, 1.0); }
    /// Counts documents that this rank has processed.
    void advance(std::size_t documents) noexcept {
        const auto n = static_cast<std::int64_t>(documents);
        model::store(mine_.documents, model::load(mine_.documents) + n);
        model::store(mine_.done, static_cast<double>(mine_.documents) / work_.own);
        documents_ += work_.all / work_.own * static_cast<double>(documents);
        since_look_ += documents;
    }
    /// Adds to the sum over all documents of the learning rate.
    void charge(double exponent) noexcept {
        model::store(mine_.exponent, model::load(mine_.exponent) + exponent);
        exponent_ += work_.node / work_.own * exponent;
    }
    /// Looks, if the last time was more than some dozen documents ago.
    void keep_up() noexcept {
        constexpr std::size_t kOften = 64;
        if (since_look_ >= kOften) look();
    }
    void look() noexcept {
        since_look_ = 0;
        std::int64_t documents = 0;
        exponent_ = 0.0;
        least_done_ = 1.0;
        for (const ProgressSlot& slot : slots_) {
            documents += model::load(slot.documents);
            exponent_ += model::load(slot.exponent);
            least_done_ = std::min(least_done_, model::load(slot.done));
        }
        node_documents_ = documents;
        documents_ = work_.all / work_.node * static_cast<double>(documents);
    }

    /// Of all ranks.
    double documents() const noexcept { return documents_; }
    /// Of the node's ranks, when this one last looked, or entered.
    std::int64_t node_documents() const noexcept { return node_documents_; }
    /// What all ranks of the node have charged.
    double exponent() const noexcept { return exponent_; }

    /// Whether this rank was too far ahead when it last looked.
    bool ahead() const noexcept { return model::load(mine_.done) > least_done_ + lead_; }

private:
    std::span<ProgressSlot> slots_;
    ProgressSlot& mine_;
    Work work_;
    double lead_;  ///< share of this rank's work
    double least_done_ = 0.0;
    double documents_ = 0.0;
    std::size_t since_look_ = 0;  ///< documents of this rank
    std::int64_t node_documents_ = 0;
    double exponent_ = 0.0;
};

}  // namespace hogwild::train
