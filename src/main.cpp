#include "app/common/commands.hpp"
#include "io/hdf5_library.hpp"
#include "io/stop_signal.hpp"
#include "mpi/environment.hpp"

int main(int argc, char** argv) {
    int code = 0;
    if (hogwild::app::write_reference(argc, argv, code)) return code;
    hogwild::io::catch_stop_signals();
    hogwild::io::initialise_hdf5();
    hogwild::mpi::Environment environment(argc, argv);
    hogwild::io::ignore_file_size_signal();  // not before: helpers that MPI_Init starts inherit it
    hogwild::io::catch_stop_signals();
    code = hogwild::app::run_command(argc, argv);
    environment.finalize();
    return code;
}
