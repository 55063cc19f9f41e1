// Vector lines of RCV1-v2 against the slow parser, one Document for all as in the converters.
#include "data/rcv1_text.hpp"
#include "fuzz/fuzz.hpp"
#include "support/slow_parser.hpp"

using namespace hogwild;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    data::Document ours;
    for (const std::vector<char>& text : fuzz::lines(data, size)) {
        const std::string_view line(text.data(), text.size());
        const bool blank = test::slow::is_blank(line);
        const auto slow = blank ? std::nullopt : test::slow::vector_line(line);
        const auto outcome =
            fuzz::outcome_of(line, [&] { return data::parse_vector_line(line, ours); });
        fuzz::require(outcome == fuzz::slow_outcome(blank, slow),
                      "one parser accepts what the other refuses", line);
        if (!slow) continue;
        fuzz::require(ours.id == slow->id, "another document id than the slow parser has", line);
        fuzz::require_same(ours, *slow, line);
    }
    return 0;
}
