#pragma once
#include <boost/program_options.hpp>
#include <istream>
#include <string>
#include <utility>
#include <vector>

#include "data/error.hpp"

/// Functions that the commands' option parsers share.
namespace hogwild::app {

namespace po = boost::program_options;

[[noreturn]] inline void refuse(const std::string& why) { throw Error(ExitCode::usage, why); }

/// Parses a command line: no abbreviated names, no arguments without a name.
/// @throws Error: usage.
po::variables_map parse_command_line(const std::vector<std::string>& arguments,
                                     const po::options_description& options);

/// The same for a command with more options: unknown words go to `rest`, in order.
po::variables_map parse_command_line(const std::vector<std::string>& arguments,
                                     const po::options_description& options,
                                     std::vector<std::string>& rest);

/// Adds the options of an INI file; values that `values` already has stay. A '#' at the beginning
/// of a line or after a blank starts a comment. A '#' directly after other text is refused, since
/// it would cut the value.
/// @throws Error: usage for a wrong line, no_input when the file cannot be read.
void parse_config_file(const std::string& path, const po::options_description& options,
                       po::variables_map& values);

/// The same from INI text in memory. @param name  for messages.
void parse_config(std::istream& in, const std::string& name, const po::options_description& options,
                  po::variables_map& values);

/// @throws Error: usage naming the option unless `value` is one of `choices`.
void check_choice(const std::string& option, const std::string& value,
                  const std::vector<std::string>& choices);

/// The values in effect, in the order of `options`, as an INI file has them.
std::vector<std::pair<std::string, std::string>> effective_values(
    const po::options_description& options, const po::variables_map& values);

/// As an INI file, a line per value. For people: not every value can be parsed again (see
/// check_ini).
std::string ini_text(const std::vector<std::pair<std::string, std::string>>& effective);

/// @throws Error: usage, naming the option, unless parse_config() reads each value back as it is.
void check_ini(const std::vector<std::pair<std::string, std::string>>& effective);

/// A number in as few digits as give it back.
std::string number_text(double value);

}  // namespace hogwild::app
