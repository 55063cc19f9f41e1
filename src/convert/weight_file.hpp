#pragma once
#include <boost/program_options.hpp>
#include <optional>
#include <string>

#include "data/line_cursor.hpp"
#include "io/text_reader.hpp"

namespace hogwild::tools {

/// Weights of documents in a text of their own, one a line, in the order of the documents.
class WeightFile {
public:
    /// @param path  may be compressed; empty: there are no weights. @throws Error: no_input.
    explicit WeightFile(const std::string& path);

    /// Gives the next document its weight.
    /// @throws Error: bad_data when the file ends or holds no weight. @throws data::LineError for a
    ///         document that has a weight of its own.
    void give(data::Document& document);
    /// @throws Error: bad_data when there are more weights than documents.
    void finish();

private:
    std::optional<float> next();
    [[noreturn]] void fail(const std::string& reason) const;

    std::optional<io::TextReader> reader_;
};

/// --weights.
void add_weight_option(boost::program_options::options_description& options, std::string& path);

}  // namespace hogwild::tools
