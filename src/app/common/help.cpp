#include "app/common/help.hpp"

namespace hogwild::app {

HelpWish help_wish(const std::vector<std::string>& arguments) {
    HelpWish wish;
    for (const std::string& word : arguments) {
        wish.all = wish.all || word == "--help-all";
        wish.wanted = wish.wanted || wish.all || word == "--help" || word == "-h";
    }
    return wish;
}

cli::CommandHelp command_help(cli::CommandHelp help,
                              const boost::program_options::options_description& options) {
    help.name = "hogwild " + help.name;
    help.launcher = "mpirun -np P";
    help.options.add(options);
    return help;
}

}  // namespace hogwild::app
