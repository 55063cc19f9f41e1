#pragma once
#include <string>
#include <vector>

#include "cli/option_parser.hpp"
#include "data/error.hpp"

namespace hogwild::app {

/// What a command says of itself; --help and `hogwild help` are made from it.
struct CommandHelp {
    std::string name;
    std::string summary;              ///< a sentence
    std::string usage;                ///< behind the name
    std::vector<std::string> common;  ///< options that --help shows; empty: all
    std::vector<std::string> examples;
    std::string notes;  ///< behind the options, whole lines
};

/// Whether a command's help is wanted, and all of it.
struct HelpWish {
    bool wanted = false;
    bool all = false;
};
HelpWish help_wish(const std::vector<std::string>& arguments);

/// The command's help, at most 80 columns wide: usage, options by group with their defaults,
/// examples, exit codes.
/// @param all  also the options that are not common.
std::string help_text(const CommandHelp& help, const po::options_description& options, bool all);

/// The lines that explain exit codes, the same for every command.
std::string exit_codes_text();

}  // namespace hogwild::app
