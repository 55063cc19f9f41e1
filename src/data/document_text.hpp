#pragma once
#include <cstdint>
#include <string_view>

#include "data/svmlight.hpp"
#include "data/vowpal_wabbit.hpp"

namespace hogwild::data {

/// Lines of documents in SVMlight's format or Vowpal Wabbit's; the first that is neither blank nor
/// a comment decides which it is, for all that follow.
class DocumentText {
public:
    /// @param first_id  that the smallest feature id may be: 0 or 1.
    explicit DocumentText(std::int64_t first_id) : first_id_(first_id), vowpal_wabbit_(first_id) {}

    /// As parse_svmlight_line() and VowpalWabbitParser::parse().
    bool parse(std::string_view line, Document& out, std::string_view& label) {
        if (!begun_) is_vowpal_wabbit_ = is_vowpal_wabbit_line(line);
        const bool found = is_vowpal_wabbit_ ? vowpal_wabbit_.parse(line, out, label)
                                             : parse_svmlight_line(line, first_id_, out, label);
        begun_ = begun_ || found;
        return found;
    }
    bool is_vowpal_wabbit() const noexcept { return is_vowpal_wabbit_; }

private:
    std::int64_t first_id_;
    VowpalWabbitParser vowpal_wabbit_;
    bool begun_ = false;
    bool is_vowpal_wabbit_ = false;
};

}  // namespace hogwild::data
