#pragma once
#include <boost/program_options.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "convert/convert.hpp"
#include "data/line_cursor.hpp"
#include "io/text_reader.hpp"

namespace hogwild::tools {

/// A weight, >= 0, with blanks around it. @throws data::LineError.
float parse_weight(std::string_view text);

/// Weights of documents in a text of their own, one a line, in the order of the documents.
class WeightFile {
public:
    /// @param path  may be compressed; empty: there are no weights. @throws Error: no_input.
    explicit WeightFile(const std::string& path);

    /// Gives the next document its weight.
    /// @throws Error: bad_data when the file ends or holds no weight. @throws data::LineError for a
    ///         document that has a weight of its own.
    void give(data::Document& document);
    /// Makes the file a source of the dataset.
    /// @throws Error: bad_data when there are more weights than documents.
    void finish(Conversion& conversion);

private:
    std::optional<float> next();
    [[noreturn]] void fail(const std::string& reason) const;

    std::string path_;
    std::optional<io::TextReader> reader_;
};

/// --weights.
void add_weight_option(boost::program_options::options_description& options, std::string& path);

}  // namespace hogwild::tools
