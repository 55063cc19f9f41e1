#pragma once
#include <string>
#include <vector>

#include "cli/command_help.hpp"

namespace hogwild::app {

/// Whether a command's help is wanted, and all of it.
struct HelpWish {
    bool wanted = false;
    bool all = false;
};
HelpWish help_wish(const std::vector<std::string>& arguments);

/// Completes what one of hogwild's commands says of itself.
/// @param help  its name is the command's alone.
cli::CommandHelp command_help(cli::CommandHelp help,
                              const boost::program_options::options_description& options);

}  // namespace hogwild::app
