#pragma once
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "data/document_text.hpp"
#include "data/line_cursor.hpp"
#include "data/preprocessing.hpp"
#include "io/dataset.hpp"
#include "io/model_file.hpp"
#include "io/text_reader.hpp"

namespace hogwild::app {

/// The documents of an SVMlight text in blocks, as they come: from a file, a pipe or the standard
/// input, in bounded memory. Documents are numbered from 1 on.
class TextBlocks {
public:
    /// @param model     says where ids begin and what its positive class is called.
    /// @param category  of the positive class; empty: the model's.
    /// @param norm      to divide values by; empty: as the model says, else none.
    /// @throws Error: no_input.
    TextBlocks(const std::string& path, const io::Model& model, const std::string& category,
               std::optional<data::Norm> norm);

    /// Entries of features that the model does not have are left out.
    /// @return false at the end. @throws Error: bad_data with file, line and column; io.
    bool next(io::RowBlock& block);

    /// For messages.
    const std::string& name() const noexcept { return reader_.name(); }
    std::int64_t documents() const noexcept { return documents_; }
    std::int64_t features() const noexcept { return features_; }  ///< by the largest id
    std::int64_t left_out() const noexcept { return left_out_; }  ///< entries
    /// At the end: whether the labels are classes that the model was trained on, or tell two apart.
    /// A text to be scored often has the same number in front of every line, and 0 beside -1 may
    /// mean anything.
    bool labels_mean_something() const;
    /// The classes of each document of the last block, with commas in between, as the text has
    /// them;
    /// `?` of one that is compared with nothing.
    const std::vector<std::string>& classes() const noexcept { return of_block_; }
    /// At the end: whether there are labels, all of them classes that the model was trained on.
    bool all_are_classes() const noexcept { return !seen_.empty() && !foreign_seen_; }

private:
    int label_of(std::string_view text);
    int read_label(std::string_view text);

    io::TextReader reader_;
    std::string positive_;                        ///< class in the text that is +1
    std::set<std::string, std::less<>> classes_;  ///< that the model was trained on
    bool signs_;                                  ///< 1 is +1 as well
    std::int64_t columns_;                        ///< of the model
    data::Preprocessing preprocessing_;
    std::int64_t documents_ = 0;
    std::int64_t features_ = 0;
    std::int64_t left_out_ = 0;
    std::map<std::string, int, std::less<>> seen_;  ///< labels, the first few, and what they are
    std::vector<std::string> of_block_;             ///< see classes()
    bool foreign_seen_ = false;                     ///< a class that the model does not know
    bool positive_seen_ = false;
    bool other_seen_ = false;  ///< a class other than the positive one
    data::DocumentText text_;
    data::Document document_;
};

}  // namespace hogwild::app
