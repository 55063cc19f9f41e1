#include "hogwild/version.hpp"

#include "data/version.hpp"
#include "io/hdf5_library.hpp"

namespace hogwild {

std::string version() { return data::program_version(); }

std::string build_description() {
    return data::compiler_description() + ", HDF5 " + io::hdf5_version();
}

}  // namespace hogwild
