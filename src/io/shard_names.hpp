#pragma once
#include <string>
#include <vector>

namespace hogwild::io {

/// "dir/train.h5", 0, 3 -> "dir/train.shard-00000-of-00003.h5".
std::string shard_path(const std::string& dataset, int index, int count);

/// Whether a file of this name, without its folder, is a shard of any set of `dataset`.
bool is_shard_name(const std::string& dataset, const std::string& file_name);

/// All files beside `dataset` with names of its shards, of any set; sorted.
std::vector<std::string> shard_files(const std::string& dataset);

/// The files that a dataset's name stands for: the file itself, or else its one shard set in order.
/// @throws Error: no_input when there is neither; bad_data when there are both, two sets, or a set
///         with shards missing.
std::vector<std::string> resolve_dataset(const std::string& dataset);

}  // namespace hogwild::io
