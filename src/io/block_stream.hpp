#pragma once
#include <cstdint>
#include <deque>

#include "io/dataset.hpp"
#include "io/read_ahead.hpp"

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
/// As long as it lives its thread alone may be inside HDF5, whose serial library is for one
/// thread at a time.
class BlockStream {
public:
    explicit BlockStream(std::deque<DatasetPart> parts);
    /// @return false at the end. @throws Error: as Dataset::read_block.
    bool next(RowBlock& block) { return ahead_.next(block); }

private:
    ReadAhead<RowBlock> ahead_;
};

}  // namespace hogwild::io
