#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace hogwild::app {

/// For each scored document the number of the document of the dataset with its id. Both may be in
/// any order; where the ids are the same in the same order, they may repeat.
/// @param scores, data  names of both, for messages.
/// @throws Error: bad_data for an unknown document, and for one that occurs twice.
std::vector<std::int64_t> match_by_id(std::span<const std::int64_t> scored,
                                      std::span<const std::int64_t> documents,
                                      const std::string& scores, const std::string& data);

}  // namespace hogwild::app
