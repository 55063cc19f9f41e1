#include "data/category_choice.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <stdexcept>

#include "data/suggestion.hpp"

namespace hogwild::data {
namespace {

/// Marks the categories that one part of a choice names. @return whether there are any.
bool choose(std::span<const std::string> categories, const std::string& part,
            std::vector<bool>& chosen) {
    if (const auto named = std::ranges::find(categories, part); named != categories.end()) {
        chosen[static_cast<std::size_t>(named - categories.begin())] = true;
        return true;
    }
    bool any = false;
    for (std::size_t k = 0; k < categories.size(); ++k) {
        if (part != "all" && ::fnmatch(part.c_str(), categories[k].c_str(), 0) != 0) continue;
        chosen[k] = any = true;
    }
    return any;
}

std::string describe(std::span<const std::string> categories, const std::string& part) {
    if (part.empty()) return "an empty name among the categories";
    const std::string nearest = nearest_word(part, categories);
    return "no category '" + part + "'" +
           (nearest.empty() ? std::string() : "; did you mean '" + nearest + "'?");
}

}  // namespace

bool names_several(std::span<const std::string> categories, std::string_view choice) {
    if (std::ranges::find(categories, choice) != categories.end()) return false;
    return choice == "all" || choice.find_first_of(",*?[") != choice.npos;
}

std::vector<std::string> chosen_categories(std::span<const std::string> categories,
                                           std::string_view choice) {
    std::vector<bool> chosen(categories.size());
    for (std::size_t begin = 0; begin <= choice.size();) {
        const std::size_t end = std::min(choice.find(',', begin), choice.size());
        const std::string part(choice.substr(begin, end - begin));
        if (part.empty() || !choose(categories, part, chosen)) {
            throw std::invalid_argument(describe(categories, part));
        }
        begin = end + 1;
    }
    std::vector<std::string> names;
    for (std::size_t k = 0; k < categories.size(); ++k) {
        if (chosen[k]) names.push_back(categories[k]);
    }
    return names;
}

}  // namespace hogwild::data
