#include "train/weights/hot_head.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cassert>
#include <cmath>
#include <mutex>

#include "model/kernels.hpp"
#include "mpi/spin_wait.hpp"

namespace hogwild::train {
namespace {

std::size_t second_level_cache() {
    const long bytes = ::sysconf(_SC_LEVEL2_CACHE_SIZE);  // 0 or -1 if unknown
    return bytes > 0 ? static_cast<std::size_t>(bytes) : std::size_t{256} << 10;
}

/// All features that occur, or as many of the most frequent as are allowed, or that the head and
/// its state at the last merge fill at most half of a core's private cache. 0 with large batches,
/// which write once for many documents.
std::size_t auto_features(const HotHeadSetting& setting, std::span<const std::int64_t> counts) {
    constexpr std::int64_t kLargestBatch = 16;
    if (setting.batch_size > kLargestBatch) return 0;
    const auto occur = static_cast<std::size_t>(
        std::ranges::count_if(counts, [](std::int64_t c) { return c > 0; }));
    return std::min(
        occur, setting.most_features.value_or(second_level_cache() / (4 * setting.weight_bytes)));
}

/// A merge costs a cache miss for each cache line that another rank has merged, so merges should be
/// rare; but changes are summed, so all ranks together must not process many documents on the same
/// old values.
std::int64_t auto_merge_every(const HotHeadSetting& setting) {
    constexpr std::int64_t kMostRanks = 8;  // that merge more often, the more they are
    return std::max(setting.together / kMostRanks, setting.together / setting.ranks);
}

}  // namespace

HotHeadPlan choose_hot_head(const HotHeadSetting& setting, std::span<const std::int64_t> counts,
                            std::optional<std::int64_t> features,
                            std::optional<std::int64_t> merge_every) {
    HotHeadPlan plan;
    const std::int64_t needed = std::ranges::count_if(
        counts, [&](std::int64_t documents) { return documents > setting.too_frequent; });
    plan.size =
        std::max(static_cast<std::size_t>(needed),
                 features ? static_cast<std::size_t>(*features) : auto_features(setting, counts));
    plan.by_document = plan.size > 0 || setting.batch_size == 1;
    plan.merge_every = merge_every.value_or(auto_merge_every(setting));
    return plan;
}

template <class Real>
HotHead<Real>::HotHead(const TrainingContext& context, bool decays, const mpi::Communicators& comms)
    : shape_{context.hot_head_plan.size},
      blocks_of_features_(shape_.features),
      all_(context.objective.shape),
      me_(static_cast<std::size_t>(comms.group_rank())),
      own_(shape_.size()),
      base_(own_),
      blocks_(comms.group(), blocks_of_features_.count() + 1) {
    assert(all_.outputs == 1);
    if (!decays || !context.regularization.decays()) return;
    rates_.resize(shape_.size());
    for (std::size_t u = 0; u < shape_.features; ++u) rates_[u] = context.regularization.rate(u);
    rates_[shape_.bias()] = context.regularization.rate(all_.bias());
    largest_rate_ = *std::ranges::max_element(rates_);
}

template <class Real>
void HotHead<Real>::merge(std::span<Real> shared, double step_sum) {
    ++merges_;
    for (std::size_t block = 0; block < blocks_of_features_.count(); ++block) {
        if (HeadBlocks::due(block, merges_, me_)) try_merge(block, shared, step_sum, kVisible);
    }
}

template <class Real>
bool HotHead<Real>::try_merge(std::size_t block, std::span<Real> shared, double step_sum,
                              double threshold) {
    const std::unique_lock held(blocks_.span()[block].lock, std::try_to_lock);
    if (held) merge_block(block, shared, step_sum, threshold);
    return held.owns_lock();
}

template <class Real>
void HotHead<Real>::merge_block(std::size_t block, std::span<Real> shared, double step_sum,
                                double threshold) {
    if (damped()) return merge_damped(block, shared);
    if (decays()) decay_block(block, shared, step_sum, threshold);
    const data::Range features = blocks_of_features_.features_of(block);
    for (auto k = static_cast<std::size_t>(features.begin);
         k < static_cast<std::size_t>(features.end); ++k) {
        shared[k] = own_[k] = base_[k] = shared[k] + (own_[k] - base_[k]);
    }
}

template <class Real>
void HotHead<Real>::decay_block(std::size_t block, std::span<Real> shared, double step_sum,
                                double threshold) {
    double& decayed_until = blocks_.span()[block].decayed_until;
    if (largest_rate_ * (step_sum - decayed_until) <= threshold) return;
    const auto factor = [&, progress = step_sum - decayed_until](std::size_t k) {
        return std::exp(-rates_[k] * progress);
    };
    const data::Range features = blocks_of_features_.features_of(block);
    for (auto k = static_cast<std::size_t>(features.begin);
         k < static_cast<std::size_t>(features.end); ++k) {
        shared[k] = static_cast<Real>(static_cast<double>(shared[k]) * factor(k));
    }
    if (block == 0) {  // other ranks may be adding to it without the lock
        model::update<model::WriteMode::atomic>(shared[all_.bias()], [&](Real old) {
            return static_cast<Real>(static_cast<double>(old) * factor(shape_.bias()));
        });
    }
    decayed_until = step_sum;
}

template <class Real>
void HotHead<Real>::merge_damped(std::size_t block, std::span<Real> shared) {
    const data::Range features = blocks_of_features_.features_of(block);
    const auto first = static_cast<std::size_t>(features.begin);
    const auto end = static_cast<std::size_t>(features.end);
    if (first == end) return;
    const Real inverse = Real{1} / own_factors_[block];
    double own = 0.0;
    double cross = 0.0;
    for (std::size_t k = first; k < end; ++k) {
        const Real d = (own_[k] - base_[k]) * inverse;
        const Real f = shared[k] - base_[k];
        own += static_cast<double>(d * d);
        cross += static_cast<double>(f * d);
        shared[k] = own_[k] = base_[k] = shared[k] + d;
    }
    blocks_.span()[block].overlap.merged(own, cross);
    set_factors(block);
}

template <class Real>
bool HotHead<Real>::try_merge_damped_bias(Real& shared) {
    Block& block = blocks_.span()[bias_block()];
    const std::unique_lock held(block.lock, std::try_to_lock);
    if (!held) return false;
    Real& base = base_[shape_.bias()];
    const auto d = static_cast<double>((bias() - base) / own_factors_.back());
    const auto f = static_cast<double>(shared - base);
    block.overlap.merged(d * d, f * d);
    shared = bias() = base = shared + static_cast<Real>(d);
    set_factors(bias_block());
    return true;
}

/// Takes over the factor of a block, at a merge: then the copy has no change of another factor.
template <class Real>
void HotHead<Real>::set_factors(std::size_t block) {
    const bool of_bias = block == bias_block();
    const data::Range range = of_bias ? data::Range{std::ssize(factors_) - 1, std::ssize(factors_)}
                                      : blocks_of_features_.features_of(block);
    own_factors_[block] = static_cast<Real>(blocks_.span()[block].overlap.factor());
    const Real factor = own_factors_[block] * shared_factors_[block];
    const auto of_block = std::span(factors_).subspan(static_cast<std::size_t>(range.begin),
                                                      static_cast<std::size_t>(range.size()));
    if (!of_block.empty() && of_block.front() != factor) std::ranges::fill(of_block, factor);
}

template <class Real>
void HotHead<Real>::damp(const mpi::Communicators& comms, int ranks, double rows,
                         std::int64_t merge_every) {
    assert(!decays());
    for (std::size_t block = 0; comms.is_leader() && block <= bias_block(); ++block) {
        // until it is known, the more of all documents are processed between two merges, the more
        const double between =
            static_cast<double>(merge_every) *
            (block == bias_block() ? 1.0 : static_cast<double>(HeadBlocks::period(block)));
        const double initial =
            std::clamp(ranks * between / std::max(1.0, rows), 1.0, static_cast<double>(ranks));
        BlockOverlap& overlap = blocks_.span()[block].overlap;
        overlap = BlockOverlap(ranks, initial);
        if (between >= rows) overlap.set_least(ranks);  // all that is proven to be safe
    }
    factors_.assign(shape_.size(), Real{1});
    own_factors_.assign(bias_block() + 1, Real{1});
    shared_factors_ = own_factors_;
    blocks_.sync();
    for (std::size_t block = 0; block <= bias_block(); ++block) set_factors(block);
}

template <class Real>
void HotHead<Real>::set_least_factor(double least) {
    blocks_.sync();
    if (me_ == 0) {
        for (Block& block : blocks_.span()) block.overlap.set_least(least);
    }
    blocks_.sync();
    for (std::size_t block = 0; block <= bias_block(); ++block) set_factors(block);
}

template <class Real>
void HotHead<Real>::set_shared_factors(std::span<const double> by_block) {
    for (std::size_t block = 0; block <= bias_block(); ++block) {
        shared_factors_[block] = static_cast<Real>(by_block[block]);
        set_factors(block);
    }
}

template <class Real>
std::vector<std::size_t> HotHead<Real>::block_ends() const {
    std::vector<std::size_t> ends;
    for (std::size_t block = 0; block < bias_block(); ++block) {
        ends.push_back(static_cast<std::size_t>(blocks_of_features_.features_of(block).end));
    }
    return ends;
}

template <class Real>
bool HotHead<Real>::merge_bias(Real& shared) {
    if (damped()) return try_merge_damped_bias(shared);
    Real& own = bias();
    Real& base = base_[shape_.bias()];
    const Real change = own - base;
    Real old = model::load(shared);
    if (change != 0) {
        old = std::atomic_ref<Real>(shared).fetch_add(change, std::memory_order_relaxed);
    }
    own = base = old + change;
    return true;
}

template <class Real>
void HotHead<Real>::flush(std::span<Real> shared, double step_sum) {
    for (std::size_t block = 0; block < blocks_of_features_.count(); ++block) {
        mpi::spin_until([&] { return try_merge(block, shared, step_sum, 0.0); });
    }
    mpi::spin_until([&] { return merge_bias(shared[all_.bias()]); });
}

template <class Real>
void HotHead<Real>::multiply(Real factor) noexcept {
    for (Real& w : own_) w *= factor;
    for (Real& w : base_) w *= factor;
}

template <class Real>
void HotHead<Real>::reload(std::span<const Real> shared) {
    std::copy_n(shared.begin(), shape_.features, own_.begin());
    bias() = shared[all_.bias()];
    base_ = own_;
}

template <class Real>
std::uint64_t HotHead<Real>::bytes(std::size_t features) {
    return mpi::SharedWindow<Block>::bytes(HeadBlocks(features).count() + 1);
}

template class HotHead<float>;
template class HotHead<double>;

}  // namespace hogwild::train
