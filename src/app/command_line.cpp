#include <cstdlib>
#include <exception>
#include <iostream>
#include <new>

#include "hogwild/app/agreement.hpp"
#include "hogwild/app/bench_options.hpp"
#include "hogwild/app/commands.hpp"
#include "hogwild/app/last_words.hpp"
#include "hogwild/app/sweep_options.hpp"
#include "hogwild/app/train_options.hpp"
#include "hogwild/data/version.hpp"
#include "hogwild/io/library.hpp"
#include "hogwild/io/stop_signal.hpp"
#include "hogwild/mpi/environment.hpp"
#include "hogwild/mpi/launcher.hpp"

namespace hogwild::app {
namespace {

std::string help() {
    return "usage: mpirun -np P hogwild train   --train T.h5 --category C [options]\n"
           "       mpirun -np P hogwild predict --model M.h5 --data E.h5 --output FILE\n"
           "       mpirun -np P hogwild sweep   --train T.h5 --category C [options, some with "
           "lists]\n"
           "       mpirun -np P hogwild bench   --train T.h5 --category C [options]\n"
           "       mpirun -np P hogwild bench-exchange [options]\n"
           "       hogwild --help | --version\n\n"
           "hogwild train: learns a linear classifier by parallel SGD\n" +
           train_help() + "\nhogwild predict: scores documents with a trained model\n" +
           predict_help() +
           "\nhogwild sweep: trains over a grid. Takes the options of train as well, but for "
           "--log,\n"
           "--model and --dump-config: where a value is a list, 0.01,0.02, the grid has all of "
           "it\n" +
           sweep_help() +
           "\nhogwild bench: how fast training is for 1 to P ranks, and which share of the "
           "memory's\n"
           "speed that is. Takes the options of train as well, but for --log, --model and\n"
           "--dump-config.\n" +
           bench_help() +
           "\nhogwild bench-exchange: how long it takes to add up weights over nodes (on one "
           "node:\n"
           "over its ranks), as alpha + beta * bytes\n" +
           bench_exchange_help();
}

std::string version() {
    return "hogwild " + data::program_version() + "\n" + data::compiler_description() + "\n" +
           mpi::library_version() + "\nHDF5 " + io::hdf5_version() + "\n";
}

int dispatch(const std::vector<std::string>& words, const mpi::Communicators& comms,
             const Stopwatch& since_start) {
    const std::string command = words.empty() ? "" : words.front();
    const std::vector<std::string> arguments(words.begin() + (words.empty() ? 0 : 1), words.end());
    const bool asks_for_help =
        command == "--help" || command == "-h" || command == "help" ||
        (!arguments.empty() && (arguments.back() == "--help" || arguments.back() == "-h"));
    if (asks_for_help || command == "--version") {
        if (comms.rank() == 0) std::cout << (asks_for_help ? help() : version()) << std::flush;
        return 0;
    }
    if (comms.size() == 1) {
        if (const auto launch = mpi::one_of_several(std::getenv)) {
            if (launch->rank == 0) say(mpi::advice(*launch, mpi::library_version()));
            return static_cast<int>(ExitCode::usage);
        }
    }
    if (command == "train") return train(arguments, comms, since_start);
    // only training has something to save
    io::end_on_stop_signals(last_words(comms, "what was not finished is removed"));
    if (command == "predict") return predict(arguments, comms);
    if (command == "sweep") return sweep(arguments, comms);
    if (command == "bench") return bench(arguments, comms);
    if (command == "bench-exchange") return bench_exchange(arguments, comms);
    throw AgreedError(ExitCode::usage,
                      command.empty()
                          ? "no command; see hogwild --help"
                          : "unknown command '" + command +
                                "': train, predict, sweep, bench, bench-exchange or --help");
}

/// This rank alone is in trouble; the others may be waiting for it in a collective.
int lone_failure(int rank, int size, ExitCode code, const std::string& message) {
    say("rank " + std::to_string(rank) + ": " + message);
    if (size > 1) mpi::Environment::abort(static_cast<int>(code));
    return static_cast<int>(code);
}

}  // namespace

int run_command(int argc, char** argv) {
    const Stopwatch since_start;
    int rank = 0;
    int size = 1;
    try {
        mpi::Communicators comms(MPI_COMM_WORLD);
        rank = comms.rank();
        size = comms.size();
        int code = 0;
        try {
            code = dispatch({argv + 1, argv + argc}, comms, since_start);
        } catch (const AgreedError& error) {
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
    } catch (const std::exception& error) {
        return lone_failure(rank, size, ExitCode::internal, error.what());
    }
}

}  // namespace hogwild::app
