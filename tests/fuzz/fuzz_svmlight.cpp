// Lines of SVMlight and LIBSVM files against the slow parser.
#include "data/svmlight.hpp"
#include "fuzz/fuzz.hpp"
#include "support/slow_parser.hpp"

using namespace hogwild;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    data::Document ours;
    for (const std::vector<char>& text : fuzz::lines(data, size)) {
        const std::string_view line(text.data(), text.size());
        const bool blank = test::slow::is_svmlight_comment(line);
        const auto slow = blank ? std::nullopt : test::slow::svmlight_line(line);
        std::string_view label;
        const auto outcome =
            fuzz::outcome_of(line, [&] { return data::parse_svmlight_line(line, 1, ours, label); });
        fuzz::require(outcome == fuzz::slow_outcome(blank, slow),
                      "one parser accepts what the other refuses", line);
        if (!slow) continue;
        fuzz::require(label == slow->label, "another label than the slow parser has", line);
        fuzz::require_same(ours, slow->document, line);
    }
    return 0;
}
