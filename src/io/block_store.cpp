#include "io/block_store.hpp"

#include <unistd.h>

#include <cerrno>

#include "data/error.hpp"
#include "io/digest.hpp"
#include "io/system_error.hpp"
#include "io/unnamed_file.hpp"

namespace hogwild::io {

BlockStore::BlockStore(const std::string& folder)
    : folder_(folder), file_(open_unnamed_file(folder)) {
    if (!file_) fail_for(folder + ": temporary file", errno, ExitCode::cannot_create);
}

void BlockStore::put(std::int64_t key, std::span<const std::byte> block) {
    for (std::size_t done = 0; done < block.size();) {
        const ssize_t written = ::pwrite(file_.fd(), block.data() + done, block.size() - done,
                                         end_ + static_cast<std::int64_t>(done));
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) fail_for(folder_ + ": temporary file", errno, ExitCode::io);
        done += static_cast<std::size_t>(written);
    }
    places_[key] = {end_, block.size(), digest_of(block)};
    end_ += std::ssize(block);
}

std::span<const std::byte> BlockStore::get(std::int64_t key) {
    const Place& place = places_.at(key);
    if (block_.size() < place.bytes) block_.resize(place.bytes);
    const std::span<std::byte> block = std::span(block_).first(place.bytes);
    for (std::size_t done = 0; done < block.size();) {
        const ssize_t read = ::pread(file_.fd(), block.data() + done, block.size() - done,
                                     place.offset + static_cast<std::int64_t>(done));
        if (read < 0 && errno == EINTR) continue;
        if (read < 0) fail_for(folder_ + ": temporary file", errno, ExitCode::io);
        if (read == 0) throw Error(ExitCode::io, folder_ + ": temporary file: has become shorter");
        done += static_cast<std::size_t>(read);
    }
    if (digest_of(block) == place.digest) return block;
    throw Error(ExitCode::io, folder_ + ": temporary file: a block is not what was written");
}

}  // namespace hogwild::io
