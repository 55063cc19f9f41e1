#pragma once
#include <algorithm>
#include <boost/program_options.hpp>
#include <string>
#include <vector>

#include "data/suggestion.hpp"

/// Shared by `app/` and the tools.
namespace hogwild {

/// Boost's message about an option, with the user's words in it.
///
/// Boost replaces %placeholders% until none is left, also those in the user's words: what() of
/// `--seed %value%` would never return and use all memory. So '%' is hidden from Boost.
inline std::string option_error_text(boost::program_options::error& error) {
    using Named = boost::program_options::error_with_option_name;
    struct Access : Named {
        static auto substitutions() { return &Access::m_substitutions; }
    };
    constexpr char kStandIn = '\x01';
    if (auto* named = dynamic_cast<Named*>(&error); named != nullptr) {
        for (auto& [placeholder, text] : named->*Access::substitutions()) {
            std::ranges::replace(text, '%', kStandIn);
        }
    }
    std::string text = error.what();
    std::ranges::replace(text, kStandIn, '%');
    return text;
}

/// The same and, for an unknown option, the most similar one of `options`.
inline std::string option_error_text(boost::program_options::error& error,
                                     const boost::program_options::options_description& options) {
    std::string text = option_error_text(error);
    const auto* unknown = dynamic_cast<boost::program_options::unknown_option*>(&error);
    if (unknown == nullptr) return text;
    const std::string word = unknown->get_option_name();
    const std::string dashes = word.starts_with("--") ? "--" : "";
    std::vector<std::string> names;
    for (const auto& option : options.options()) names.push_back(dashes + option->long_name());
    const std::string meant = data::nearest_word(word, names);
    return meant.empty() ? text : text + "; did you mean " + meant + "?";
}

}  // namespace hogwild
