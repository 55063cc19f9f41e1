#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace hogwild::io {

/// A label for each row, as text: 4 bytes a row, and each text once.
class LabelColumn {
public:
    /// What stands for "no label", as in svmlight text.
    static constexpr std::string_view kNone = "?";

    void add(std::string_view text);
    void add_none() { codes_.push_back(kNoCode); }
    /// 1 as "1", 0.5 as "0.5"; not a number: no label.
    void add(double value);

    std::int64_t size() const noexcept { return static_cast<std::int64_t>(codes_.size()); }
    std::string_view operator[](std::int64_t row) const {
        const std::uint32_t code = codes_[static_cast<std::size_t>(row)];
        return code == kNoCode ? kNone : std::string_view(texts_[code]);
    }
    /// Those that occur, in the order of their first rows.
    const std::vector<std::string>& texts() const noexcept { return texts_; }
    /// Puts `names[k]` in the place of `texts()[k]`; the column is complete.
    void rename(std::vector<std::string> names) { texts_ = std::move(names); }

private:
    static constexpr std::uint32_t kNoCode = 0xffffffff;
    std::uint32_t code_of(std::string_view text);

    std::vector<std::uint32_t> codes_;
    std::vector<std::string> texts_;
    std::unordered_map<std::string, std::uint32_t> code_;
    std::string key_;                    ///< of code_of()
    double last_value_ = 0.0;            ///< most follow one like it
    std::uint32_t last_code_ = kNoCode;  ///< of last_value_
};

}  // namespace hogwild::io
