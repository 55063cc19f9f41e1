#include "hogwild/app/commands.hpp"
#include "hogwild/io/library.hpp"
#include "hogwild/mpi/environment.hpp"

int main(int argc, char** argv) {
    hogwild::io::initialise_hdf5();
    hogwild::mpi::Environment environment(argc, argv);
    const int code = hogwild::app::run_command(argc, argv);
    environment.finalize();
    return code;
}
