#include "train/exchange/change_sum.hpp"

#include <algorithm>
#include <stdexcept>

#include "model/bfloat16.hpp"

namespace hogwild::train {

template <class Real>
ChangeSum<Real>::ChangeSum(const WeightBlocks& blocks, std::size_t owner)
    : blocks_(blocks), owner_(owner), total_(WeightBlocks::kSize) {}

template <class Real>
std::size_t ChangeSum<Real>::add_up(std::span<const Real> changes,
                                    std::span<const std::span<const std::byte>> messages,
                                    std::span<const double> factors, bool bfloat16,
                                    std::span<Real> sums, std::vector<std::byte>& out) {
    std::vector<ChangeReader<Real>> readers;
    readers.reserve(messages.size());
    for (std::size_t k = 0; k < messages.size(); ++k) {
        readers.emplace_back(k == owner_ ? std::span<const std::byte>() : messages[k], blocks_,
                             bfloat16);
    }
    if (bfloat16 && carry_.empty()) {
        carry_.resize((blocks_.count() / blocks_.groups() + 1) * WeightBlocks::kSize);
    }
    const ChangeWriter<Real> writer(bfloat16);
    std::size_t changed = 0;
    blocks_.for_each_of(owner_, [&](std::size_t block) {
        std::ranges::fill(total_, 0.0);
        for (std::size_t k = 0; k < readers.size(); ++k) {
            const double factor = factors[k];
            if (k == owner_) {
                const std::span<const Real> own = blocks_.of(changes, block);
                for (std::size_t u = 0; u < own.size(); ++u) {
                    total_[u] += factor * static_cast<double>(own[u]);
                }
            } else if (!readers[k].at_end() && readers[k].block() == block) {
                readers[k].next([&](std::size_t u, Real value) {
                    total_[u] += factor * static_cast<double>(value);
                });
            }
        }
        const std::span<Real> sum = blocks_.of(sums, block);
        round(block, bfloat16, sum);
        changed += writer.append(block, sum, out);
    });
    const auto read = [](const ChangeReader<Real>& reader) { return reader.at_end(); };
    if (!std::ranges::all_of(readers, read)) {
        throw std::runtime_error("a message of an exchange has blocks of another owner");
    }
    return changed;
}

/// The total of a block becomes its sum.
template <class Real>
void ChangeSum<Real>::round(std::size_t block, bool bfloat16, std::span<Real> sums) {
    if (carry_.empty()) {
        std::ranges::transform(std::span(total_).first(sums.size()), sums.begin(),
                               [](double total) { return static_cast<Real>(total); });
        return;
    }
    const auto carry =
        std::span(carry_).subspan(block / blocks_.groups() * WeightBlocks::kSize, sums.size());
    for (std::size_t u = 0; u < sums.size(); ++u) {
        if (bfloat16 && total_[u] == 0.0) {  // what is carried alone waits for a change
            sums[u] = 0;
            continue;
        }
        const double total = total_[u] + carry[u];
        sums[u] = static_cast<Real>(
            bfloat16 ? static_cast<double>(model::nearest(static_cast<float>(total)).value())
                     : total);
        carry[u] = total - static_cast<double>(sums[u]);
    }
}

template class ChangeSum<float>;
template class ChangeSum<double>;

}  // namespace hogwild::train
