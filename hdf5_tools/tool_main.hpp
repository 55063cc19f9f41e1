#pragma once
#include <boost/program_options.hpp>
#include <functional>
#include <string>

#include "cli/command_help.hpp"

namespace hogwild::tools {

namespace po = boost::program_options;

/// The common shell of the tools: parses the options (abbreviations are refused), prints help and
/// version, checks that no file would be lost (options declared by file_value; --force is added
/// where there is an output), runs, and turns every outcome into one line on stderr and an exit
/// code (docs/output.md). A signal that ends the tool removes unfinished files
/// (io/stop_signal.hpp).
///
/// @param help  names the program and describes it; its options are those to parse, without
///              --force, --help and --version, which are added here.
int tool_main(int argc, char** argv, cli::CommandHelp help,
              const std::function<void(const po::variables_map&)>& run);

}  // namespace hogwild::tools
