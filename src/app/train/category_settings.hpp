#pragma once
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "mpi/communicator.hpp"

namespace hogwild::app {

/// What --category-settings says of one category. What is empty is as the run has it.
struct CategorySetting {
    std::optional<double> lambda;           ///< >= 0
    std::optional<double> positive_weight;  ///< > 0, what a document labelled +1 counts
    std::optional<double> negative_weight;  ///< > 0
    std::optional<double> learning_rate;    ///< > 0
    std::optional<double> threshold;
};

/// Settings by category: a CSV whose columns are `category` and any of the members above.
class CategorySettings {
public:
    /// No category has settings of its own.
    CategorySettings() = default;
    /// @param text        of the file. @param name  for messages.
    /// @param categories  that there are.
    /// @throws Error: bad_data naming the line.
    CategorySettings(std::string_view text, const std::string& name,
                     std::span<const std::string> categories);

    const CategorySetting& of(const std::string& category) const;
    /// A category with a value of this kind that is not above `least`; null: there is none.
    const std::string* find_not_above(std::optional<double> CategorySetting::*member,
                                      double least) const;
    /// Whether a category has a value of this kind.
    bool any(std::optional<double> CategorySetting::*member) const;

private:
    std::map<std::string, CategorySetting> by_category_;
};

/// The text of a file of settings, which rank 0 reads, on all ranks.
/// @throws CollectiveError: no_input, bad_data, io. @note Collective over `comm`.
std::string read_settings_text(const std::string& path, mpi::Communicator comm);

}  // namespace hogwild::app
