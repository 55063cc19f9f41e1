#include "hogwild/app/commands.hpp"
#include "hogwild/io/library.hpp"
#include "hogwild/mpi/environment.hpp"
#include "hogwild/mpi/stop_signal.hpp"

int main(int argc, char** argv) {
    hogwild::mpi::catch_stop_signals();
    hogwild::io::initialise_hdf5();
    hogwild::mpi::Environment environment(argc, argv);
    hogwild::mpi::catch_stop_signals();
    const int code = hogwild::app::run_command(argc, argv);
    environment.finalize();
    return code;
}
