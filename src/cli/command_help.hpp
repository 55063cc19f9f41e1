#pragma once
#include <boost/program_options.hpp>
#include <map>
#include <string>
#include <vector>

/// Shared by `app/` and the tools.
namespace hogwild::cli {

/// The description of a command or tool, from which help, man page and completion are made.
struct CommandHelp {
    std::string name;                 ///< the words that start it: "hogwild train", "hdf5_inspect"
    std::string summary;              ///< a sentence
    std::string usage;                ///< after the name
    std::vector<std::string> common;  ///< options that --help shows; empty: all
    std::vector<std::string> examples;
    std::string notes;  ///< after the options, complete lines
    /// All options of the command line except --help and --help-all. Nothing is parsed by them, so
    /// the values' targets may be gone.
    boost::program_options::options_description options{};
    std::string launcher{};    ///< before the name if several ranks run: "mpirun -np P"
    std::string positional{};  ///< option whose name may be omitted; empty: none
    /// Words that an option accepts, if the name of its value does not list them
    /// ("hinge|logistic").
    std::map<std::string, std::vector<std::string>> choices{};
};

/// An option as help, man page and completion show it.
struct OptionHelp {
    std::string name;      ///< without dashes
    std::string letter;    ///< its short form without dash; empty: none
    std::string group;     ///< the heading above it; empty: none
    std::string value;     ///< the name of its value; empty: it takes none
    std::string fallback;  ///< its default; empty: none
    std::string description;
    bool several = false;              ///< takes several values
    bool file = false;                 ///< its value names a file
    bool folder = false;               ///< its value names a folder
    std::vector<std::string> choices;  ///< words that may be its value; more may be
};

/// All options of a command in the order of its help, --help and --help-all included.
std::vector<OptionHelp> options_of(const CommandHelp& help);

/// The command's help, at most 80 columns wide: usage, options by group with their defaults,
/// examples, exit codes.
/// @param all  also the options that are not common.
std::string help_text(const CommandHelp& help, bool all);

/// The lines that explain exit codes, the same for every command.
std::string exit_codes_text();

/// The lines of a text without their line breaks.
std::vector<std::string> lines_of(const std::string& text);

}  // namespace hogwild::cli
