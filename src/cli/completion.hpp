#pragma once
#include <string>
#include <vector>

#include "cli/command_help.hpp"

/// What bash and zsh complete, from what help is made of.
namespace hogwild::cli {

/// A script for bash, which needs nothing but bash itself.
/// @param program   what is called.
/// @param commands  its commands; or, for a program without, one of the program's own name.
std::string bash_completion(const std::string& program, const std::vector<CommandHelp>& commands);

/// The same for zsh, a file `_PROGRAM` in one of the folders of `fpath`.
std::string zsh_completion(const std::string& program, const std::vector<CommandHelp>& commands);

}  // namespace hogwild::cli
