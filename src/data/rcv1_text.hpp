#pragma once
#include <cstdint>
#include <string_view>

#include "data/line_cursor.hpp"

/// The text files of RCV1-v2 (Lewis, Yang, Rose, Li 2004, JMLR 5:361-397, appendices 8 and 13).
namespace hogwild::data {

/// `<document id>  <term id>:<weight> …`, any run of blanks between fields, terms in any order.
/// @return false for a blank line (then `out` is unspecified).
/// @throws LineError on a malformed line.
bool parse_vector_line(std::string_view line, Document& out);

/// One line of the topic file. `topic` points into the line.
struct TopicLine {
    std::string_view topic;
    std::int64_t document_id = 0;
};

/// Longest topic name that is accepted.
inline constexpr std::size_t kMaxTopicName = 64;
/// Largest document id that is accepted: ids share a 64-bit word with a topic number.
inline constexpr std::int64_t kMaxDocumentId = (std::int64_t{1} << 47) - 1;

/// `<topic> <document id> 1`.
/// @return false for a blank line.
/// @throws LineError on a malformed line.
bool parse_topic_line(std::string_view line, TopicLine& out);

}  // namespace hogwild::data
