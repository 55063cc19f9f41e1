#include "app/common/last_words.hpp"

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "cli/terminal.hpp"
#include "data/printable.hpp"

namespace hogwild::app {

void say(const std::string& what) {
    std::cerr << "hogwild: " + data::printable(what) + "\n" << std::flush;
}

void say_how_to_go_on(const std::string& what, const mpi::Communicators& comms,
                      const std::string& command, std::vector<std::string> arguments,
                      const std::string& addition) {
    if (std::ranges::find(arguments, addition) == arguments.end()) arguments.push_back(addition);
    const bool by_mpirun =
        std::getenv("OMPI_COMM_WORLD_SIZE") != nullptr || std::getenv("PMI_SIZE") != nullptr;
    const bool by_srun = !by_mpirun && std::getenv("SLURM_STEP_ID") != nullptr;
    std::string text = "hogwild: " + data::printable(what) + "\n    ";
    if (by_mpirun) text += "mpirun -np " + std::to_string(comms.size()) + " ";
    if (by_srun) text += "srun -n " + std::to_string(comms.size()) + " ";
    text += "hogwild " + command;
    for (const std::string& argument : arguments) text += " " + data::shell_quoted(argument);
    text += "\n";
    if (by_mpirun) {
        text += "Exit code 75 means just this; what mpirun says about it below is no error.\n";
    }
    std::cerr << text << std::flush;
}

io::LastWords last_words(const mpi::Communicators& comms, const std::string& consequence) {
    if (comms.rank() != 0) return {};
    // on a terminal the progress, a line without an end, may stand before it
    return {terminal_of_stderr().present ? "\nhogwild" : "hogwild", consequence};
}

}  // namespace hogwild::app
