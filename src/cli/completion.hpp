#pragma once
#include <string>
#include <vector>

#include "cli/command_help.hpp"

/// Completion scripts for bash and zsh, from the same tables as help.
namespace hogwild::cli {

/// A script that needs only bash.
/// @param program   the program's name.
/// @param commands  its commands; for a program without commands, one with the program's name.
std::string bash_completion(const std::string& program, const std::vector<CommandHelp>& commands);

/// The same for zsh, a file `_PROGRAM` in one of the folders of `fpath`.
std::string zsh_completion(const std::string& program, const std::vector<CommandHelp>& commands);

}  // namespace hogwild::cli
