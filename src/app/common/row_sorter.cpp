#include "app/common/row_sorter.hpp"

#include <algorithm>

namespace hogwild::app {

std::vector<data::Range> joined_for_reading(std::span<const data::Range> ranges) {
    constexpr std::int64_t kGap = 512;
    return data::joined({ranges.begin(), ranges.end()}, kGap);
}

void RowSorter::read(LabelledDataset& source, const std::function<void()>& between_blocks) {
    io::RowBlock block;
    for (const data::Range& range : joined_for_reading(own_)) {
        for (std::int64_t row = range.begin; row < range.end;) {
            const std::int64_t next =
                source.dataset.read_block(row, range.end, source.labelling, block);
            take(block.rows, row);
            row = next;
            if (between_blocks) between_blocks();
        }
    }
}

/// Takes the own rows out of a block that begins with row `first` of the file. Blocks come in
/// ascending order and together hold all own rows.
void RowSorter::take(const FileRows& block, std::int64_t first) {
    const std::int64_t end = first + block.size();
    for (; next_own_ < own_.size() && own_[next_own_].begin < end; ++next_own_) {
        const data::Range& own = own_[next_own_];
        take({std::max(first, own.begin), std::min(end, own.end)}, block, first);
        if (own.end > end) return;  // goes on in the next block
    }
}

/// Divides a block into training rows and held-out rows, which are mixed and have different
/// layouts.
void RowSorter::take(data::Range rows, const FileRows& block, std::int64_t block_first) {
    numbered_.clear();  // a buffer that stays in the cache
    order_.append(numbered_, block, rows.begin - block_first, rows.end - block_first);
    if (!factors_.empty()) numbered_.scale(factors_);
    for (std::int64_t i = rows.begin; i < rows.end;) {  // runs of rows of one kind
        const bool held = held_out_[static_cast<std::size_t>(i)];
        const std::int64_t first = i - rows.begin;
        while (i < rows.end && held_out_[static_cast<std::size_t>(i)] == held) ++i;
        if (held && out_.held_out != nullptr) {
            out_.held_out->append(numbered_, first, i - rows.begin);
        }
        if (!held && out_.training != nullptr) {
            out_.training->append(numbered_, first, i - rows.begin);
        }
    }
    if (out_.sample != nullptr) take_sample(rows);
}

void RowSorter::take_sample(data::Range rows) {
    for (; next_sampled_ < sampled_.size(); ++next_sampled_) {
        const auto [row, place] = sampled_[next_sampled_];
        if (row >= rows.end) return;
        if (row < rows.begin) continue;  // another rank's
        const std::int64_t i = row - rows.begin;
        out_.sample->rows.append(numbered_.row(i), numbered_.label(i), numbered_.weight(i));
        out_.sample->places.push_back(place);
    }
}

}  // namespace hogwild::app
