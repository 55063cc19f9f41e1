#include "data/version.hpp"

namespace hogwild::data {

std::string program_version() { return HOGWILD_VERSION " (git " HOGWILD_GIT_HASH ")"; }

std::string compiler_description() {
#if defined(__clang__)
    return "clang " __clang_version__ ", " HOGWILD_BUILD_TYPE;
#else
    return "g++ " __VERSION__ ", " HOGWILD_BUILD_TYPE;
#endif
}

}  // namespace hogwild::data
