#pragma once
#include <boost/program_options.hpp>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/option_parser.hpp"
#include "data/enum_names.hpp"

/// Option values that are parsed once, where the option is declared, into their type.
namespace hogwild::app {

/// An option's value with a text form that can be parsed again.
class TextValue {
public:
    TextValue() = default;
    TextValue(const TextValue&) = delete;
    TextValue& operator=(const TextValue&) = delete;
    virtual ~TextValue() = default;
    /// @param value  of the declared type.
    virtual std::string text(const boost::any& value) const = 0;
};

/// A value of any type with a parser of its own.
template <class T>
class ParsedValue final : public po::value_semantic_codecvt_helper<char>, public TextValue {
public:
    /// How T is written. `parse` throws Error: usage.
    struct Format {
        std::string choices;  ///< in help, after the option's name
        std::function<T(const std::string& text)> parse;
        std::function<std::string(const T& value)> text;
    };
    explicit ParsedValue(Format format) : format_(std::move(format)) {}
    /// Stores into `target`, whose value now is the default.
    ParsedValue(T& target, Format format)
        : format_(std::move(format)), target_(&target), default_(target) {}

    std::string name() const override {
        return format_.choices + (default_ ? " (=" + format_.text(*default_) + ")" : "");
    }
    unsigned min_tokens() const override { return 1; }
    unsigned max_tokens() const override { return 1; }
    bool is_composing() const override { return false; }
    bool is_required() const override { return false; }
    bool apply_default(boost::any& value) const override {
        if (default_) value = *default_;
        return default_.has_value();
    }
    void notify(const boost::any& value) const override {
        if (target_ != nullptr) *target_ = boost::any_cast<T>(value);
    }
    std::string text(const boost::any& value) const override {
        return format_.text(boost::any_cast<T>(value));
    }

protected:
    /// Boost calls this for the command line and for configuration files.
    void xparse(boost::any& value, const std::vector<std::string>& words) const override {
        po::validators::check_first_occurrence(value);
        value = format_.parse(po::validators::get_single_string(words));
    }

private:
    Format format_;
    T* target_ = nullptr;
    std::optional<T> default_;
};

/// E by the names in EnumNames<E>. @param option  as users type it, for messages.
template <class E>
typename ParsedValue<E>::Format name_format(const std::string& option) {
    using Names = data::EnumNames<E>;
    return {Names::choices(),
            [option](const std::string& text) {
                check_choice(option, text, Names::all());
                return *Names::find(text);
            },
            [](const E& value) { return Names::name(value); }};
}

/// Declares an option with named values, kept in `target`, whose value now is the default.
template <class E>
ParsedValue<E>* named_value(E& target, const std::string& option) {
    return new ParsedValue<E>(target, name_format<E>(option));  // Boost owns it
}
/// The same without default and target.
template <class E>
ParsedValue<E>* named_value(const std::string& option) {
    return new ParsedValue<E>(name_format<E>(option));
}

/// The range of a number.
template <class T>
struct NumberRule {
    T least;
    bool above = false;    ///< more than `least`; else at least `least`
    std::string in_words;  ///< "a whole number from 1 on"
};
inline NumberRule<std::int64_t> whole_number_from(std::int64_t least) {
    return {least, false, "a whole number from " + std::to_string(least) + " on"};
}

/// Declares an option that is a number or a word. With the word, `target` is empty and the program
/// chooses.
template <class T>
ParsedValue<std::optional<T>>* word_or_number(std::optional<T>& target, const std::string& option,
                                              const std::string& word, const char* value_name,
                                              const NumberRule<T>& rule) {
    const auto parse = [=](const std::string& text) -> std::optional<T> {
        if (text == word) return std::nullopt;
        T number{};
        const char* const end = text.data() + text.size();
        const auto [stop, error] = std::from_chars(text.data(), end, number);
        const bool fits = rule.above ? number > rule.least : number >= rule.least;
        if (error != std::errc() || stop != end || !fits ||
            !std::isfinite(static_cast<double>(number))) {
            refuse(option + " " + text + ": " + word + ", or " + rule.in_words);
        }
        return number;
    };
    const auto text_of = [word](const std::optional<T>& value) {
        if (!value) return word;
        if constexpr (std::floating_point<T>) {
            return number_text(*value);
        } else {
            return std::to_string(*value);
        }
    };
    return new ParsedValue<std::optional<T>>(target, {value_name, parse, text_of});
}

}  // namespace hogwild::app
