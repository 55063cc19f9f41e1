#include "hogwild/train/private_features.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <functional>
#include <numeric>

#include "hogwild/mpi/spin_wait.hpp"

namespace hogwild::train {
namespace {

/// The shared weight of the copy's weight k: the bias is the last of both.
template <class Real>
Real* shared_of(std::span<Real> shared, std::size_t features, std::size_t k) {
    return k < features ? &shared[k] : &shared.back();
}

std::size_t first_level_cache() {
    const long bytes = ::sysconf(_SC_LEVEL1_DCACHE_SIZE);  // 0 or -1 where nobody knows
    return bytes > 0 ? static_cast<std::size_t>(bytes) : std::size_t{32} << 10;
}

/// The features that hold nearly all entries, as far as a copy of their weights fits the fastest
/// cache. None with large batches: these sum up many documents for each write.
std::size_t auto_features(const Workload& workload, std::span<const std::int64_t> counts) {
    constexpr std::int64_t kLargestBatch = 16;
    constexpr double kEntries = 0.98;
    if (workload.batch_size > kLargestBatch) return 0;
    std::vector<std::int64_t> falling(counts.begin(), counts.end());
    std::ranges::sort(falling, std::greater());
    const double all = std::accumulate(falling.begin(), falling.end(), 0.0);
    const std::size_t most = std::min(falling.size(), first_level_cache() / workload.weight_bytes);
    std::size_t n = 0;
    for (double held = 0.0; n < most && held < kEntries * all; ++n) {
        held += static_cast<double>(falling[n]);
    }
    return n;
}

/// A merge costs a cache miss per line that others have merged, so it should be rare; but deltas
/// are summed, so all ranks together must not go far on the same old values.
std::int64_t auto_merge_every(const Workload& workload) {
    constexpr std::int64_t kTogether = 2048;  // documents of all ranks
    return std::max<std::int64_t>(64, kTogether / workload.ranks);
}

}  // namespace

PrivatePlan choose_private_plan(const Workload& workload, std::span<const std::int64_t> counts,
                                std::optional<std::int64_t> features,
                                std::optional<std::int64_t> merge_every) {
    PrivatePlan plan;
    plan.features =
        features ? static_cast<std::size_t>(*features) : auto_features(workload, counts);
    plan.by_document = plan.features > 0 || workload.batch_size == 1;
    plan.merge_every = merge_every.value_or(auto_merge_every(workload));
    return plan;
}

template <class Real>
PrivateFeatures<Real>::PrivateFeatures(const Problem& problem, bool shrinks,
                                       const mpi::Communicators& comms)
    : features_(problem.private_plan.features),
      me_(static_cast<std::size_t>(comms.node_rank())),
      own_(features_ + 1),
      base_(features_ + 1),
      blocks_(comms.node(), block_count(features_)) {
    if (!shrinks || problem.shrink_rates.empty()) return;
    rates_.assign(problem.shrink_rates.begin(),
                  problem.shrink_rates.begin() + static_cast<std::ptrdiff_t>(features_));
    rates_.push_back(problem.shrink_rates.back());
    for (std::size_t first = 0; first < rates_.size(); first += kBlock) {
        const std::size_t end = std::min(first + kBlock, rates_.size());
        largest_.push_back(*std::max_element(rates_.begin() + static_cast<std::ptrdiff_t>(first),
                                             rates_.begin() + static_cast<std::ptrdiff_t>(end)));
    }
}

template <class Real>
std::size_t PrivateFeatures<Real>::merge(std::span<Real> shared, double exponent,
                                         double threshold) {
    const std::size_t n = block_count(features_);
    std::size_t left_out = 0;
    for (std::size_t k = 0; k < n; ++k) {
        const std::size_t block = (k + me_) % n;  // ranks start at different blocks
        const std::atomic_ref<int> held(blocks_.span()[block].held);
        if (held.load(std::memory_order_relaxed) != 0 ||
            held.exchange(1, std::memory_order_acquire) != 0) {
            ++left_out;
            continue;
        }
        merge_block(block, shared, exponent, threshold);
        held.store(0, std::memory_order_release);
    }
    return left_out;
}

template <class Real>
void PrivateFeatures<Real>::merge_block(std::size_t block, std::span<Real> shared, double exponent,
                                        double threshold) {
    const std::size_t first = block * kBlock;
    const std::size_t end = std::min(first + kBlock, own_.size());
    double& shrunk_until = blocks_.span()[block].shrunk_until;
    if (!rates_.empty() && largest_[block] * (exponent - shrunk_until) > threshold) {
        shrink_block(first, shared, exponent - shrunk_until);
        shrunk_until = exponent;
    }
    const std::size_t features_end = std::min(end, features_);
    for (std::size_t k = first; k < features_end; ++k) {
        shared[k] = own_[k] = base_[k] = shared[k] + (own_[k] - base_[k]);
    }
    if (end > features_) {
        shared.back() = own_.back() = base_.back() = shared.back() + (own_.back() - base_.back());
    }
}

template <class Real>
void PrivateFeatures<Real>::shrink_block(std::size_t first, std::span<Real> shared,
                                         double progress) {
    const std::size_t end = std::min(first + kBlock, own_.size());
    for (std::size_t k = first; k < end; ++k) {
        Real& weight = *shared_of(shared, features_, k);
        weight = static_cast<Real>(static_cast<double>(weight) * std::exp(-rates_[k] * progress));
    }
}

template <class Real>
void PrivateFeatures<Real>::flush(std::span<Real> shared, double exponent) {
    mpi::spin_until([&] { return merge(shared, exponent, 0.0) == 0; });
}

template <class Real>
void PrivateFeatures<Real>::reload(std::span<const Real> shared) {
    std::copy_n(shared.begin(), features_, own_.begin());
    own_.back() = shared.back();
    base_ = own_;
}

template <class Real>
std::uint64_t PrivateFeatures<Real>::bytes(std::size_t features) {
    return block_count(features) * sizeof(Block);
}

template class PrivateFeatures<float>;
template class PrivateFeatures<double>;

}  // namespace hogwild::train
