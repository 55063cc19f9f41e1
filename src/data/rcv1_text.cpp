#include "data/rcv1_text.hpp"

namespace hogwild::data {

bool parse_vector_line(std::string_view line, Document& out) {
    LineCursor cursor(line);
    cursor.skip_blanks();
    if (cursor.at_end()) return false;
    out.id = cursor.integer("document id", 0, kMaxDocumentId);
    if (!cursor.at_blank_or_end()) cursor.fail("expected a blank after the document id");
    parse_terms(cursor, {}, out);
    return true;
}

bool parse_topic_line(std::string_view line, TopicLine& out) {
    LineCursor cursor(line);
    cursor.skip_blanks();
    if (cursor.at_end()) return false;
    const char* start = cursor.position();
    out.topic = cursor.word();
    if (out.topic.size() > kMaxTopicName) {
        cursor.fail_at(start, "topic name longer than " + std::to_string(kMaxTopicName));
    }
    cursor.skip_blanks();
    out.document_id = cursor.integer("document id", 0, kMaxDocumentId);
    if (!cursor.at_blank_or_end()) cursor.fail("expected a blank after the document id");
    cursor.skip_blanks();
    cursor.integer("relevance", 1, 1);
    cursor.skip_blanks();
    if (!cursor.at_end()) cursor.fail("unexpected text after the relevance");
    return true;
}

}  // namespace hogwild::data
