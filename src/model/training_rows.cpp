#include "model/training_rows.hpp"

#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

#include "data/random.hpp"
#include "model/stream.hpp"

namespace hogwild::model {
namespace {

void append_row(data::Rows& to, const data::Rows& from, std::int64_t i) {
    to.append(from.row(i), from.label(i), from.weight(i));
}
template <class Index>
void append_row(CompactRows<Index>& to, const CompactRows<Index>& from, std::int64_t i) {
    to.append(from, static_cast<std::size_t>(i));
}

TrainingRows::PlainRows empty_like(const TrainingRows::PlainRows& /*has no settings*/) {
    return {};
}
template <class Index>
CompactRows<Index> empty_like(const CompactRows<Index>& rows) {
    return CompactRows<Index>(rows.n_hot());
}

}  // namespace

void DocumentWeights::add(int label, float weight) noexcept {
    const auto exact = static_cast<double>(weight);
    (label > 0 ? positive : negative) += exact;
    smallest = std::min(smallest, exact);
    largest = std::max(largest, exact);
}

DocumentWeights weights_of(const data::Rows& rows) {
    DocumentWeights sums;
    for (std::int64_t i = 0; i < rows.size(); ++i) sums.add(rows.label(i), rows.weight(i));
    return sums;
}

TrainingRows::TrainingRows(data::Rows rows) : rows_(PlainRows(std::move(rows))) {
    count(plain(), 0, size());
}

TrainingRows::TrainingRows(Layout layout, std::size_t n_hot) {
    if (layout == Layout::narrow) rows_ = CompactRows<std::uint16_t>(n_hot);
    if (layout == Layout::wide) rows_ = CompactRows<std::uint32_t>(n_hot);
}

std::int64_t TrainingRows::size() const noexcept {
    return std::visit([](const auto& rows) { return static_cast<std::int64_t>(rows.size()); },
                      rows_);
}

std::size_t TrainingRows::n_hot() const noexcept {
    if (layout() == Layout::narrow) return compact<std::uint16_t>().n_hot();
    if (layout() == Layout::wide) return compact<std::uint32_t>().n_hot();
    return 0;
}

void TrainingRows::clear() noexcept {
    std::visit([](auto& rows) { rows.clear(); }, rows_);
    positives_ = 0;
    weights_ = {};
}

std::int64_t TrainingRows::bytes() const noexcept {
    return std::visit([](const auto& rows) { return rows.bytes(); }, rows_);
}

void TrainingRows::count(const data::Rows& rows, std::int64_t first, std::int64_t end) {
    for (std::int64_t i = first; i < end; ++i) {
        positives_ += rows.label(i) > 0 ? 1 : 0;
        weights_.add(rows.label(i), rows.weight(i));
    }
}

void TrainingRows::forget_weights() noexcept {
    std::visit([](auto& rows) { rows.forget_weights(); }, rows_);
    weights_.positive = static_cast<double>(positives_);
    weights_.negative = static_cast<double>(size() - positives_);
    if (size() > 0) weights_.smallest = weights_.largest = 1.0;
}

void TrainingRows::count_from(std::int64_t first) noexcept {
    for (std::int64_t i = first; i < size(); ++i) {
        const float y = signed_weight(i);
        positives_ += y > 0.0F ? 1 : 0;
        weights_.add(y > 0.0F ? 1 : -1, std::abs(y));
    }
}

float TrainingRows::signed_weight(std::int64_t i) const noexcept {
    const auto row = static_cast<std::size_t>(i);
    if (layout() == Layout::narrow) return compact<std::uint16_t>().row(row).y;
    if (layout() == Layout::wide) return compact<std::uint32_t>().row(row).y;
    return static_cast<float>(plain().label(i)) * plain().weight(i);
}

float TrainingRows::weight(std::int64_t i) const noexcept { return std::abs(signed_weight(i)); }

void TrainingRows::set_labels(std::span<const std::uint32_t> positives) noexcept {
    std::visit(
        [&](auto& rows) {
            auto next = positives.begin();
            for (std::size_t i = 0; i < static_cast<std::size_t>(rows.size()); ++i) {
                const bool positive = next != positives.end() && *next == i;
                rows.set_label(i, positive);
                if (positive) ++next;
            }
        },
        rows_);
    positives_ = 0;
    weights_ = {};
    count_from(0);
}

void TrainingRows::append_records(std::span<const std::byte> records,
                                  std::span<const std::size_t> starts, std::int64_t nonzeros) {
    const std::int64_t before = size();
    if (layout() == Layout::narrow) {
        std::get<CompactRows<std::uint16_t>>(rows_).append(records, starts, nonzeros);
    } else {
        std::get<CompactRows<std::uint32_t>>(rows_).append(records, starts, nonzeros);
    }
    count_from(before);
}

void TrainingRows::scale(std::span<const double> factors) noexcept {
    std::visit([&](auto& rows) { rows.scale(factors); }, rows_);
}

void TrainingRows::reserve(std::int64_t rows, std::int64_t nonzeros) {
    std::visit([&](auto& own) { own.reserve(rows, nonzeros); }, rows_);
}

void TrainingRows::append(const data::Rows& rows, std::int64_t first, std::int64_t end) {
    count(rows, first, end);
    if (auto* const own = std::get_if<PlainRows>(&rows_)) {
        own->append(rows, first, end);
        return;
    }
    std::visit(
        [&](auto& own) {
            for (std::int64_t i = first; i < end; ++i) {
                own.append(rows.row(i), rows.label(i), rows.weight(i));
            }
        },
        rows_);
}

TrainingRows TrainingRows::repeated(std::int64_t copies, std::uint64_t seed) const {
    TrainingRows all;
    all.positives_ = copies * positives_;
    all.weights_ = weights_;
    all.weights_.positive *= static_cast<double>(copies);
    all.weights_.negative *= static_cast<double>(copies);
    std::visit(
        [&](const auto& rows) {
            auto repeats = empty_like(rows);
            repeats.reserve(copies * size(), copies * rows.nonzeros());
            // Shuffled again and again: a data::Permutation of a few rows would walk for long.
            std::vector<std::int64_t> order(static_cast<std::size_t>(size()));
            std::iota(order.begin(), order.end(), std::int64_t{0});
            const data::CounterRandom random(seed, 0x636f7079ULL);
            for (std::int64_t copy = 0; copy < copies; ++copy) {
                const data::CounterRandom draw = random.with(static_cast<std::uint64_t>(copy));
                for (std::size_t k = order.size(); k > 1; --k) {
                    std::swap(order[k - 1], order[draw.below(k, k)]);
                }
                for (const std::int64_t i : order) append_row(repeats, rows, i);
            }
            all.rows_ = std::move(repeats);
        },
        rows_);
    return all;
}

TrainingRows::PlainRows TrainingRows::plain(std::int64_t first, std::int64_t end) const {
    PlainRows out;
    if (layout() == Layout::plain) {
        out.append(plain(), first, end);
    } else if (layout() == Layout::narrow) {
        compact<std::uint16_t>().copy_to(out, first, end);
    } else {
        compact<std::uint32_t>().copy_to(out, first, end);
    }
    return out;
}

std::uint64_t TrainingRows::stream(std::span<const std::uint32_t> order) const noexcept {
    return std::visit([&](const auto& rows) { return model::stream(rows, order); }, rows_);
}

}  // namespace hogwild::model
