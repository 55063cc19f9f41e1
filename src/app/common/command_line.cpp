#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <new>
#include <thread>

#include "app/bench/bench_options.hpp"
#include "app/common/commands.hpp"
#include "app/common/help.hpp"
#include "app/common/last_words.hpp"
#include "app/common/run_collectively.hpp"
#include "app/sweep/sweep_options.hpp"
#include "app/train/train_options.hpp"
#include "cli/reference.hpp"
#include "data/suggestion.hpp"
#include "data/version.hpp"
#include "io/hdf5_library.hpp"
#include "io/stop_signal.hpp"
#include "mpi/environment.hpp"
#include "mpi/launcher.hpp"

namespace hogwild::app {
namespace {

std::string version() {
    return "hogwild " + data::program_version() + "\n" + data::compiler_description() + "\n" +
           mpi::library_version() + "\nHDF5 " + io::hdf5_version() + "\n";
}

struct Command {
    const char* name;
    const char* summary;
    cli::CommandHelp (*help)();
    int (*run)(const std::vector<std::string>& arguments, const mpi::Communicators& comms);
};

constexpr std::array kCommands{
    Command{"train", "learn a linear classifier by parallel SGD", train_help, nullptr},
    Command{"predict", "score documents with a trained model", predict_help, predict},
    Command{"evaluate", "measure scores against labels", evaluate_help, evaluate},
    Command{"export", "write a model in a form that other programs read", export_help,
            export_model},
    Command{"sweep", "train over a grid of settings", sweep_help, sweep},
    Command{"bench", "measure the speed on 1 to P ranks", bench_help, bench},
    Command{"bench-exchange", "measure what an exchange between nodes costs", bench_exchange_help,
            bench_exchange},
};

constexpr const char* kSummary =
    "Trains sparse linear classifiers by parallel stochastic gradient descent.";

const Command* find(const std::string& name) {
    const auto* const found = std::ranges::find(kCommands, name, &Command::name);
    return found == kCommands.end() ? nullptr : found;
}

[[noreturn]] void refuse_command(const std::string& name) {
    std::vector<std::string> names;
    std::string list;
    for (const Command& command : kCommands) {
        names.emplace_back(command.name);
        list += std::string(list.empty() ? "" : ", ") + command.name;
    }
    const std::string meant = data::nearest_word(name, names);
    throw CollectiveError(ExitCode::usage,
                          "unknown command '" + name +
                              "': " + (meant.empty() ? "" : "did you mean " + meant + "? ") + list +
                              " or --help");
}

std::string help() {
    std::string text = "usage: mpirun -np P hogwild COMMAND [options]\n\n" + std::string(kSummary) +
                       "\n\nCommands:\n";
    for (const Command& command : kCommands) {
        text += fmt::format("  {:<16}{}\n", command.name, command.summary);
    }
    return text +
           "  help COMMAND    what a command takes; as COMMAND --help\n"
           "  --version       of program, compiler, MPI and HDF5\n\n"
           "Examples:\n"
           "  hogwild help train\n"
           "  mpirun -np 2 hogwild train --config jobs/settings/fast.ini \\\n"
           "      --train train.h5 --test test.h5 --category CCAT\n"
           "  hogwild train --train rare.h5 --class-weight balanced --model rare-model.h5\n\n"
           "With Open MPI, mpirun --oversubscribe starts more ranks than cores, and\n"
           "mpirun --allow-run-as-root starts them as root (docs/install.md).\n\n" +
           cli::exit_codes_text();
}

/// The text that the user asks for instead of running a command (help, version); empty: none.
/// @throws CollectiveError if the help of an unknown command is asked for.
std::string information(const std::string& command, const std::vector<std::string>& arguments) {
    if (command == "--version") return version();
    if (command == "--help" || command == "-h") return help();
    if (command == "help") {
        const bool about_all =
            arguments.empty() || arguments.front().starts_with('-') || arguments.front() == "help";
        if (about_all) return help();
        const Command* const about = find(arguments.front());
        if (about == nullptr) refuse_command(arguments.front());
        return cli::help_text(about->help(), help_wish(arguments).all);
    }
    const HelpWish wish = help_wish(arguments);
    const Command* const about = find(command);
    return wish.wanted && about != nullptr ? cli::help_text(about->help(), wish.all)
                                           : std::string();
}

int dispatch(const std::vector<std::string>& words, const mpi::Communicators& comms,
             const data::Stopwatch& since_start) {
    const std::string command = words.empty() ? "" : words.front();
    const std::vector<std::string> arguments(words.begin() + (words.empty() ? 0 : 1), words.end());
    if (const std::string text = information(command, arguments); !text.empty()) {
        if (comms.rank() == 0) std::cout << text << std::flush;
        return 0;
    }
    if (comms.size() == 1) {
        if (const auto launch = mpi::one_of_several(std::getenv)) {
            if (launch->rank == 0) say(mpi::advice(*launch, mpi::library_version()));
            return static_cast<int>(ExitCode::usage);
        }
    }
    if (command.empty()) throw CollectiveError(ExitCode::usage, "no command; see hogwild --help");
    const Command* const wanted = find(command);
    if (wanted == nullptr) refuse_command(command);
    if (wanted->run == nullptr) return train(arguments, comms, since_start);
    // only training has something to save
    io::end_on_stop_signals(last_words(comms, "what was not finished is removed"));
    return wanted->run(arguments, comms);
}

/// This rank alone is in trouble; the others may be waiting for it in a collective.
int lone_failure(int rank, int size, ExitCode code, const std::string& message) {
    say("rank " + std::to_string(rank) + ": " + message);
    if (size > 1) {
        // MPICH's launcher tears its pipes down at once, and what is still in them is lost.
        constexpr std::chrono::milliseconds kForwarded{300};
        std::this_thread::sleep_for(kForwarded);
        mpi::Environment::abort(static_cast<int>(code));
    }
    return static_cast<int>(code);
}

}  // namespace

bool write_reference(int argc, char** argv, int& code) {
    const auto commands = [] {
        std::vector<cli::CommandHelp> all;
        for (const Command& command : kCommands) all.push_back(command.help());
        return all;
    };
    return cli::write_reference(argc, argv, "hogwild", kSummary, commands, code);
}

int run_command(int argc, char** argv) {
    const data::Stopwatch since_start;
    int rank = 0;
    int size = 1;
    try {
        mpi::Communicators comms(mpi::Communicator::all_ranks());
        rank = comms.rank();
        size = comms.size();
        int code = 0;
        try {
            code = dispatch({argv + 1, argv + argc}, comms, since_start);
        } catch (const CollectiveError& error) {
            if (rank == 0) say(error.what());
            code = static_cast<int>(error.code());
        }
        // Once a rank has gone with an error, mpirun ends the others: that is not news.
        io::note_stop_signals({});
        comms.close();
        if (!std::cout.flush() && code == 0) {
            say("cannot write to standard output");
            code = static_cast<int>(ExitCode::io);
        }
        return code;
    } catch (const std::bad_alloc&) {
        return lone_failure(rank, size, ExitCode::resource,
                            "not enough memory; use more nodes or fewer ranks");
    } catch (const Error& error) {  // of a file that is read while ranks train, for example
        return lone_failure(rank, size, error.code(), error.what());
    } catch (const std::exception& error) {
        return lone_failure(rank, size, ExitCode::internal, error.what());
    }
}

}  // namespace hogwild::app
