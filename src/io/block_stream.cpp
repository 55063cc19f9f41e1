#include "io/block_stream.hpp"

#include <utility>

#include "io/hdf5_library.hpp"

namespace hogwild::io {

BlockStream::BlockStream(std::deque<DatasetPart> parts)
    : ahead_([parts = std::move(parts), first = true](RowBlock& block) mutable {
          if (std::exchange(first, false)) silence_hdf5();
          while (!parts.empty() && parts.front().begin >= parts.front().end) parts.pop_front();
          if (parts.empty()) return false;
          DatasetPart& part = parts.front();
          part.begin = part.dataset->read_block(part.begin, part.end, part.labelling, block);
          return true;
      }) {}

}  // namespace hogwild::io
