#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "app/evaluate/evaluate_options.hpp"
#include "data/label_sets.hpp"

namespace hogwild::app {

/// The categories that are predicted for each document of a text.
struct PredictedCategories {
    std::vector<std::string> categories;  ///< that count, whether they are predicted or not
    std::vector<std::int64_t> ids;        ///< of the documents
    data::LabelSets predicted;            ///< of the documents, numbers of categories
};

/// What a line of text can be.
enum class LineKind { scores, categories, either };

/// Lines of `id<TAB>category:score<TAB>category:score...`, as predict writes them.
class CategoryParser {
public:
    /// @param options  must outlive this.
    explicit CategoryParser(const EvaluateOptions& options) : options_(options) {}

    /// An id alone, or an empty line, can be either.
    static LineKind kind_of(std::string_view line);

    /// @throws data::LineError for what is no such line, and for a category that does not count.
    /// @throws Error: usage, no_input, bad_data where the names that count are not known.
    void add(std::string_view line);
    /// Whether all documents have a tab behind the id and nothing else: they are no scores.
    bool has_tabs_alone() const noexcept { return !ids_.empty() && tabs_alone_; }
    /// @throws Error: as add().
    PredictedCategories take();

private:
    void find_categories();
    void add_field(std::string_view field, std::size_t column);

    const EvaluateOptions& options_;
    std::vector<std::string> categories_;
    std::unordered_map<std::string_view, std::uint16_t> number_;  ///< views of categories_
    std::vector<std::int64_t> ids_;
    std::vector<std::uint16_t> of_document_;
    std::vector<std::uint16_t> mentioned_;  ///< in the line, predicted or not
    data::LabelSets predicted_;
    bool tabs_alone_ = true;
};

}  // namespace hogwild::app
