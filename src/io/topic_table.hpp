#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace hogwild::io {

/// The topics of each document, from the topic file: eight bytes per line in memory.
class TopicTable {
public:
    void add(std::string_view topic, std::int64_t document_id);
    /// Sorts; call once, after the last `add`. Topics are numbered by name from then on.
    void finish();

    const std::vector<std::string>& names() const noexcept { return names_; }

    /// Result of looking up a document of the vector files.
    enum class Found { labelled, unlabelled, repeated };
    /// Looks up a document and marks it as seen; `topics` receives its topic numbers, ascending.
    /// `repeated`: it was looked up before.
    Found look_up(std::int64_t document_id, std::vector<std::uint16_t>& topics);

    /// Topic lines of documents that were never looked up.
    std::int64_t unused_lines() const noexcept { return lines_ - used_lines_; }

private:
    std::vector<std::string> names_;
    std::unordered_map<std::string, std::uint16_t> number_;
    std::vector<std::uint64_t> entries_;           ///< document << 16 | topic
    std::vector<bool> seen_;                       ///< at a document's first entry
    std::unordered_set<std::int64_t> unlabelled_;  ///< documents that were looked up and not found
    std::size_t hint_ = 0;  ///< files are mostly sorted by id: first position to try
    std::int64_t lines_ = 0;
    std::int64_t used_lines_ = 0;
};

}  // namespace hogwild::io
