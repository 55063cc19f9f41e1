#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hogwild::data {

/// Whether a choice (see chosen_categories()) may name several categories, and is not the name of
/// one.
bool names_several(std::span<const std::string> categories, std::string_view choice);

/// The categories that a choice names, in the order in which they are numbered, each once.
/// @param categories  of a dataset, in the order of their numbers.
/// @param choice      `all`, or names and patterns (`C*`, `E?1`, `[EM]CAT`, see fnmatch(3)), with
///                    commas in between. A category with such a name comes before what the name
///                    would mean as a pattern; one that is called `all` is meant by `all`.
/// @throws std::invalid_argument that names the first part without a category.
std::vector<std::string> chosen_categories(std::span<const std::string> categories,
                                           std::string_view choice);

}  // namespace hogwild::data
