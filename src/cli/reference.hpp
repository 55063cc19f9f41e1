#pragma once
#include <functional>
#include <string>
#include <vector>

#include "cli/command_help.hpp"

namespace hogwild::cli {

/// The hidden command line with which a build makes man pages and completion:
/// `PROGRAM --reference DIR` writes DIR/man1/*.1, DIR/bash/PROGRAM and DIR/zsh/_PROGRAM.
///
/// Call it first: it needs nothing else, and MPI cannot be started on every build machine.
///
/// @param summary   of a program that has commands.
/// @param commands  returns them; for a program without commands, one with the program's name.
/// @return whether this was the command line; then an exit code is in `code`.
bool write_reference(int argc, char** argv, const std::string& program, const std::string& summary,
                     const std::function<std::vector<CommandHelp>()>& commands, int& code);

}  // namespace hogwild::cli
