#include "app/common/block_reader.hpp"

#include <algorithm>

#include "app/common/row_sorter.hpp"
#include "io/hdf5_library.hpp"
#include "model/packed_rows.hpp"

namespace hogwild::app {

/// Held-out documents before the first one of a block belong to the block before.
BlockReader::BlockReader(LabelledDataset& source, const Division& division,
                         data::FeatureOrder& order, const train::StreamOrder& blocks)
    : source_(source), division_(division), order_(order) {
    std::int64_t number = 0;
    for (std::size_t k = 0; k < division.own.size(); ++k) {
        const data::Range& own = division.own[k];
        if (k == 0) begin_.push_back({0, own.begin});
        for (std::int64_t row = own.begin; row < own.end; ++row) {
            if (division.held_out[static_cast<std::size_t>(row)]) continue;
            if (number > 0 && number % blocks.block_size() == 0) begin_.push_back({k, row});
            ++number;
        }
    }
    if (!division.own.empty()) begin_.push_back({division.own.size() - 1, division.own.back().end});
}

std::vector<data::Range> BlockReader::rows_of(std::int64_t block) const {
    const Place& from = begin_[static_cast<std::size_t>(block)];
    const Place& to = begin_[static_cast<std::size_t>(block) + 1];
    std::vector<data::Range> rows;
    for (std::size_t k = from.range; k <= to.range; ++k) {
        const data::Range& own = division_.own[k];
        const data::Range part{k == from.range ? from.row : own.begin,
                               k == to.range ? to.row : own.end};
        if (part.size() > 0) rows.push_back(part);
    }
    return rows;
}

void BlockReader::read(std::int64_t block, model::TrainingRows& rows, Held* held_out) {
    if (!store_) return read_from_dataset(block, rows, held_out);
    if (!store_->has(2 * block)) keep(block, rows);
    model::append_packed(store_->get(2 * block), rows);
    if (held_out != nullptr) model::append_packed(store_->get(2 * block + 1), *held_out);
}

/// @param like  rows in the layout that is kept.
void BlockReader::keep(std::int64_t block, const model::TrainingRows& like) {
    model::TrainingRows rows(like.layout(), like.n_hot());
    Held held_out;
    read_from_dataset(block, rows, &held_out);
    model::pack(rows, packed_);
    store_->put(2 * block, packed_);
    model::pack(held_out, packed_);
    store_->put(2 * block + 1, packed_);
}

void BlockReader::read_from_dataset(std::int64_t block, model::TrainingRows& rows, Held* held_out) {
    io::silence_hdf5();  // of this thread
    const std::vector<data::Range> own = rows_of(block);
    RowSorter sorter(division_.held_out, own, order_, {&rows, held_out, nullptr});
    sorter.scale_by(factors_);
    sorter.read(source_);
}

}  // namespace hogwild::app
