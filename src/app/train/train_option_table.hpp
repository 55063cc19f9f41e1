#pragma once
#include <string>

#include "app/train/train_options.hpp"
#include "cli/option_parser.hpp"

/// The options of `hogwild train` by group: names, defaults, what they are.
namespace hogwild::app {

/// All that a configuration file may set.
/// @param o  where values are stored; its values now are the defaults. Must outlive the result.
po::options_description setting_options(TrainOptions& o);

/// Whether anything is said of how to train, apart from the model that is wanted: the strategy, its
/// steps, the nodes. @param values  parsed with setting_options().
bool says_how_to_train(const po::variables_map& values);

/// All that the command line may have: the settings, and what is said of configuration files.
/// @param config  where the name of the configuration file is stored. Must outlive the result.
po::options_description train_command_line(TrainOptions& o, std::string& config);

/// The same for the help of other commands that take them; not to parse with.
/// @param defaults  to be shown.
/// @param without   names that the other command does not take or takes itself.
po::options_description settings_of_train(const TrainOptions& defaults,
                                          const std::vector<std::string>& without);

}  // namespace hogwild::app
