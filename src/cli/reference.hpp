#pragma once
#include <functional>
#include <string>
#include <vector>

#include "cli/command_help.hpp"

namespace hogwild::cli {

/// The hidden command line by which a build gets man pages and completion:
/// `PROGRAM --reference DIR` writes DIR/man1/*.1, DIR/bash/PROGRAM and DIR/zsh/_PROGRAM.
///
/// Call it first: nothing else is needed, MPI least of all, which not every machine that builds a
/// program can start.
///
/// @param summary   of a program that has commands.
/// @param commands  gives them; or, for a program without, one of the program's own name.
/// @return whether this was the command line; then an exit code is in `code`.
bool write_reference(int argc, char** argv, const std::string& program, const std::string& summary,
                     const std::function<std::vector<CommandHelp>()>& commands, int& code);

}  // namespace hogwild::cli
