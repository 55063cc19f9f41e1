#pragma once
#include <cstdint>
#include <deque>

#include "data/read_ahead.hpp"
#include "io/dataset.hpp"

namespace hogwild::io {

/// Rows [begin, end) of a dataset that are to be read.
struct DatasetPart {
    Dataset* dataset = nullptr;
    Labelling labelling;
    std::int64_t begin = 0;
    std::int64_t end = 0;
};

/// The rows of several parts in blocks, one after the other, read ahead by a thread of its own.
///
/// While this object exists only its thread may call HDF5, since the serial library is not
/// thread-safe.
class BlockStream {
public:
    explicit BlockStream(std::deque<DatasetPart> parts);
    /// @return false at the end. @throws Error: as Dataset::read_block.
    bool next(RowBlock& block) { return ahead_.next(block); }

private:
    data::ReadAhead<RowBlock> ahead_;
};

}  // namespace hogwild::io
