#include "app/common/help.hpp"

#include <sstream>

#include "cli/option_table.hpp"

namespace hogwild::app {
namespace {

/// The common options alone, in the order in which help lists them.
po::options_description pick(const CommandHelp& help, const po::options_description& options) {
    po::options_description common("Common options");
    for (const std::string& name : help.common) {
        for (const auto& option : options.options()) {
            if (option->long_name() == name) common.add(option);
        }
    }
    return common;
}

}  // namespace

HelpWish help_wish(const std::vector<std::string>& arguments) {
    HelpWish wish;
    for (const std::string& word : arguments) {
        wish.all = wish.all || word == "--help-all";
        wish.wanted = wish.wanted || wish.all || word == "--help" || word == "-h";
    }
    return wish;
}

std::string help_text(const CommandHelp& help, const po::options_description& options, bool all) {
    std::ostringstream text;
    text << "usage: mpirun -np P hogwild " << help.name << ' ' << help.usage << "\n\n"
         << help.summary << "\n\n";
    if (all || help.common.empty()) {
        text << option_table(options);
    } else {
        text << option_table(pick(help, options)) << "  --help-all                all "
             << options.options().size() << " options\n";
    }
    if (!help.notes.empty()) text << '\n' << help.notes;
    text << "\nExamples:\n";
    for (const std::string& example : help.examples) text << "  " << example << '\n';
    text << '\n' << exit_codes_text();
    return text.str();
}

std::string exit_codes_text() {
    return "Exit codes:\n"
           "  0   done; of train: VALID\n"
           "  1   the run ended INVALID, or a mistake of the program\n"
           "  2   wrong or contradictory options\n"
           "  65  malformed, damaged or unsuitable data     66  an input is missing\n"
           "  71  no memory, or too many open files         73  an output cannot be made\n"
           "  74  reading or writing failed                 75  stopped with a checkpoint\n";
}

}  // namespace hogwild::app
