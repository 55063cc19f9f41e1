#pragma once
#include <boost/program_options.hpp>
#include <sstream>
#include <string>

/// Shared by `app/` and the tools.
namespace hogwild {

/// Options by group as help shows them: at most 80 columns, descriptions from the 28th on.
inline std::string option_table(const boost::program_options::options_description& options) {
    constexpr unsigned kColumns = 80;
    constexpr unsigned kDescription = 52;
    boost::program_options::options_description table("", kColumns, kDescription);
    table.add(options);
    std::stringstream lines;
    lines << table;
    std::string text;
    for (std::string line; std::getline(lines, line);) {
        if (line.empty() && text.empty()) continue;  // in place of a title
        // Boost breaks lines after a blank and leaves the blank.
        text += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
    }
    return text;
}

}  // namespace hogwild
