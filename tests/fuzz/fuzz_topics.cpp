// Topic lines against the slow parser, and the table of what is accepted against std::map.
#include <map>
#include <set>

#include "data/rcv1_text.hpp"
#include "fuzz/fuzz.hpp"
#include "io/topic_table.hpp"
#include "support/slow_parser.hpp"

using namespace hogwild;

namespace {

using Found = io::TopicTable::Found;

/// Documents in the order of the file, with the topics of each.
struct SlowTable {
    std::vector<std::int64_t> order;
    std::map<std::int64_t, std::set<std::string>> topics;
    std::set<std::int64_t> seen;

    void add(const test::slow::TopicLine& line) {
        order.push_back(line.document_id);
        topics[line.document_id].insert(line.topic);
    }
    std::int64_t unused_lines() const {
        std::int64_t count = 0;
        for (const auto& [id, of_document] : topics) {
            if (!seen.contains(id)) count += std::ssize(of_document);
        }
        return count;
    }
};

void require_same_names(const io::TopicTable& table, const SlowTable& slow,
                        std::string_view input) {
    std::set<std::string> names;
    for (const auto& [id, of_document] : slow.topics) {
        names.insert(of_document.begin(), of_document.end());
    }
    fuzz::require(table.names() == std::vector<std::string>(names.begin(), names.end()),
                  "the topics are not numbered by name", input);
}

void look_up(io::TopicTable& table, SlowTable& slow, std::int64_t id, std::string_view input) {
    const bool labelled = slow.topics.contains(id);
    const bool first_time = slow.seen.insert(id).second;
    const Found expected = !first_time ? Found::repeated
                           : labelled  ? Found::labelled
                                       : Found::unlabelled;
    std::vector<std::uint16_t> numbers{7};
    fuzz::require(table.look_up(id, numbers) == expected, "looked up: another outcome", input);
    fuzz::require(table.unused_lines() == slow.unused_lines(), "other unused lines", input);
    if (expected != Found::labelled) return;
    std::vector<std::string> names;
    for (const std::uint16_t number : numbers) names.push_back(table.names().at(number));
    const auto& topics = slow.topics[id];
    fuzz::require(names == std::vector<std::string>(topics.begin(), topics.end()),
                  "looked up: other topics", input);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    io::TopicTable table;
    SlowTable slow;
    for (const std::vector<char>& text : fuzz::lines(data, size)) {
        const std::string_view line(text.data(), text.size());
        const bool blank = test::slow::is_blank(line);
        const auto expected = blank ? std::nullopt : test::slow::topic_line(line);
        data::TopicLine ours;
        const auto outcome =
            fuzz::outcome_of(line, [&] { return data::parse_topic_line(line, ours); });
        fuzz::require(outcome == fuzz::slow_outcome(blank, expected),
                      "one parser accepts what the other refuses", line);
        if (!expected) continue;
        fuzz::require(ours.topic == expected->topic && ours.document_id == expected->document_id,
                      "another topic or document id than the slow parser has", line);
        table.add(ours.topic, ours.document_id);
        slow.add(*expected);
    }
    table.finish();
    require_same_names(table, slow, input);
    constexpr std::size_t kMostLookUps = 64;  // the slow table counts anew each time
    for (std::size_t k = 0; k < slow.order.size() && k < kMostLookUps; ++k) {
        look_up(table, slow, slow.order[k], input);
        if (k % 2 == 0) look_up(table, slow, slow.order[k] / 2, input);
        if (k % 3 == 0) look_up(table, slow, slow.order[slow.order.size() - 1 - k], input);
    }
    return 0;
}
