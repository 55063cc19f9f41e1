#pragma once
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "data/label_sets.hpp"
#include "data/partition.hpp"
#include "io/dataset.hpp"
#include "io/model_file.hpp"

/// What a model of several outputs is compared with.
namespace hogwild::app {

/// The labels of rows; none where the dataset does not know all categories, or, with
/// Decision::highest, none of the classes.
/// @throws Error: bad_data for a document of several classes, with Decision::highest.
std::optional<data::LabelSets> find_labels(io::Dataset& dataset, data::Range rows,
                                           const io::Model& model);

/// Labels of documents that are compared with nothing.
data::LabelSets unknown_labels(std::size_t documents, std::size_t outputs);

/// Reads classes as an SVMlight text has them in front of its lines.
class TextClasses {
public:
    explicit TextClasses(const std::vector<io::ModelOutput>& outputs);
    /// @param classes  of a block of documents, see TextBlocks::classes().
    /// @param first    number of its first document. @param text  name of the text.
    /// @throws Error: bad_data for a document of several of the model's classes.
    data::LabelSets read(const std::vector<std::string>& classes, std::int64_t first,
                         const std::string& text) const;

private:
    std::unordered_map<std::string, std::uint16_t> number_;
};

}  // namespace hogwild::app
