#pragma once
#include <algorithm>
#include <boost/program_options.hpp>
#include <string>

/// Outside the rooms: shared by `app/` and the tools, who alone parse options.
namespace hogwild {

/// What Boost says is wrong, with the user's own words in it.
///
/// Boost fills in its %placeholders% until none is left, those in the user's words included: what()
/// of `--seed %value%` would never return, and take all memory. So '%' is kept from it.
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

}  // namespace hogwild
