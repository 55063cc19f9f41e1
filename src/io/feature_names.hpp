#pragma once
#include <cstdint>
#include <string>
#include <unordered_map>

namespace hogwild::io {

/// Names of features, by feature id.
using FeatureNames = std::unordered_map<std::int64_t, std::string>;

/// Reads names of features from a text, which may be compressed. The first line that is not empty
/// tells which of these forms it has:
///  - `term id idf`, as in RCV1's stem.termid.idf.map.txt;
///  - `id name`, separated by a tab or a blank;
///  - a name a line, of the ids from `first_id` on; these names may hold blanks.
/// @throws Error: no_input; bad_data for a line of another form, or a second name of an id.
FeatureNames read_feature_names(const std::string& path, std::int64_t first_id);

}  // namespace hogwild::io
