#include "mpi/environment.hpp"

#include <unistd.h>

#include <cstdlib>

#include "mpi/error.hpp"
#include "mpi/launcher.hpp"

namespace hogwild::mpi {

Environment::Environment(int& argc, char**& argv) {
    if (must_yield_when_idle(std::getenv, static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN)))) {
        ::setenv(kYieldWhenIdle, "1", 1);  // MPI_Init reads it
    }
    for (const auto& [name, value] : settings_for_start(std::getenv)) {
        ::setenv(name, value, 0);  // what the user has set stays
    }
    int provided = MPI_THREAD_SINGLE;  // threads that read files ahead do not call MPI
    check(MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided), "MPI_Init_thread");
    check(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
}

void Environment::finalize() { check(MPI_Finalize(), "MPI_Finalize"); }

void Environment::abort(int exit_code) {
    MPI_Abort(MPI_COMM_WORLD, exit_code);
    std::_Exit(exit_code);
}

std::string library_version() {
    char text[MPI_MAX_LIBRARY_VERSION_STRING];
    int length = 0;
    check(MPI_Get_library_version(text, &length), "MPI_Get_library_version");
    const std::string version(text, static_cast<std::size_t>(length));
    return version.substr(0, version.find_first_of(",\n"));
}

std::string host_name() {
    char text[MPI_MAX_PROCESSOR_NAME];
    int length = 0;
    check(MPI_Get_processor_name(text, &length), "MPI_Get_processor_name");
    return {text, static_cast<std::size_t>(length)};
}

}  // namespace hogwild::mpi
