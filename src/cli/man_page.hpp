#pragma once
#include <string>
#include <vector>

#include "cli/command_help.hpp"

namespace hogwild::cli {

/// A command's manual page (section 1, groff's man macros) from the tables of its help.
/// @param version  of the program.
/// @param others   names of related pages.
std::string man_page(const CommandHelp& help, const std::string& version,
                     const std::vector<std::string>& others);

/// The page of a program that has commands.
/// @param name      of the program, with its summary.
/// @param commands  its commands.
std::string man_page_of_commands(const std::string& name, const std::string& summary,
                                 const std::vector<CommandHelp>& commands,
                                 const std::string& version);

/// The name of a command's page: "hogwild-train" for "hogwild train".
std::string page_name(const CommandHelp& help);

}  // namespace hogwild::cli
