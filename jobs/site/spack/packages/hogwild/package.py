"""Spack recipe. NOT RUN HERE: read against CMakeLists.txt by a test, but never built by Spack.

    spack repo add jobs/site/spack
    spack dev-build hogwild@0.1.0          # in the source tree: there is no archive to download
    spack load hogwild

For a site's own MPI: spack dev-build hogwild@0.1.0 ^openmpi@4.1.5 (or ^mpich).
"""
from spack.package import *

try:  # Spack 1.0 and later
    from spack_repo.builtin.build_systems.cmake import CMakePackage
except ImportError:  # before, spack.package has it
    pass


class Hogwild(CMakePackage):
    """Parallel SGD for large sparse linear classifiers: MPI ranks that share one weight vector
    and update it without locks."""

    license("MIT")

    version("0.1.0")

    depends_on("c", type="build")
    depends_on("cxx", type="build")
    depends_on("cmake@3.22:", type="build")
    depends_on("pkgconfig", type="build")
    depends_on("mpi@3.1:")
    depends_on("hdf5@1.10.5: ~mpi")  # serial on purpose: docs/design/015-serial-hdf5.md
    depends_on("boost@1.74: +program_options")
    depends_on("fmt@8.1:")
    depends_on("zlib-api")
    depends_on("nlohmann-json@3.7:")
    depends_on("bzip2")
    depends_on("xz")
    depends_on("zstd")
    depends_on("libzip@1.7:")
    depends_on("xxhash")
    depends_on("hwloc@2.5:")
    depends_on("googletest", type="test")

    # C++20's atomic_ref, and from_chars for floating point
    conflicts("%gcc@:10")

    def cmake_args(self):
        return [self.define("BUILD_TESTING", self.run_tests)]
