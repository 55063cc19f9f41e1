"""jobs/site: what other sites' package managers are told is what CMakeLists.txt asks for. Neither
Spack nor Apptainer is run; the recipe is, with stand-ins for Spack's directives."""
import re
import subprocess
import sys
import types

import command

SITE = command.SOURCE / "jobs/site"
CMAKE = (command.SOURCE / "CMakeLists.txt").read_text()

# what CMake calls it: what Spack calls it
NAMES = {"MPI": "mpi", "HDF5": "hdf5", "Boost": "boost", "fmt": "fmt", "ZLIB": "zlib-api",
         "BZip2": "bzip2", "LibLZMA": "xz", "libzstd": "zstd", "libzip": "libzip",
         "nlohmann_json": "nlohmann-json", "PkgConfig": "pkgconfig", "libxxhash": "xxhash",
         "hwloc": "hwloc"}
PART_OF_THE_COMPILER = {"Threads"}


def asked_for():
    """What CMakeLists.txt needs, by CMake's names, and the least version or None."""
    found = dict(re.findall(r"(?m)^ *find_package\((\w+)(?: ([\d.]+))? ?[^)]*\)", CMAKE))
    found.update(re.findall(r"pkg_check_modules\(\w+ .*?(\w+)(?:>=([\d.]+))?\)", CMAKE))
    return {name: version for name, version in found.items() if name not in PART_OF_THE_COMPILER}


class Recipe:
    """package.py, executed; what it told Spack."""

    def __init__(self):
        self.versions, self.dependencies, self.defined = [], {}, []
        spack = types.ModuleType("spack")
        package = types.ModuleType("spack.package")
        package.version = self.versions.append
        package.depends_on = self.depends_on
        package.conflicts = package.license = lambda *_, **__: None
        package.CMakePackage = type("CMakePackage", (), {
            "run_tests": True, "define": lambda _, name, value: f"-D{name}:BOOL={value}"})
        sys.modules.update({"spack": spack, "spack.package": package})
        scope = {"__name__": "hogwild"}
        path = SITE / "spack/packages/hogwild/package.py"
        exec(compile(path.read_text(), path, "exec"), scope)
        self.package = scope["Hogwild"]()

    def depends_on(self, spec, type=("build", "link")):  # noqa: A002
        name, _, version = spec.split()[0].partition("@")
        self.dependencies[name] = version.rstrip(":")


class TestSite(command.Case):
    def test_spack_names_the_same_dependencies(self):
        recipe = Recipe()
        wanted = asked_for()
        assert set(wanted) == set(NAMES), "a dependency is new: add it here and to the recipe"
        for name, version in wanted.items():
            assert NAMES[name] in recipe.dependencies
            if version:
                assert recipe.dependencies[NAMES[name]] == version, name
        least = re.search(r"cmake_minimum_required\(VERSION ([\d.]+?)\.\.\.", CMAKE).group(1)
        assert recipe.dependencies["cmake"] == least
        assert "googletest" in recipe.dependencies

    def test_spack_has_the_programs_version(self):
        version = re.search(r"project\(hogwild VERSION ([\d.]+)", CMAKE).group(1)
        assert Recipe().versions == [version]

    def test_spack_gives_options_that_there_are(self):
        for argument in Recipe().package.cmake_args():
            name = re.match(r"-D(\w+)", argument).group(1)
            assert re.search(rf"option\({name} ", CMAKE)

    def test_apptainer_takes_files_and_packages_that_there_are(self):
        text = (SITE / "hogwild.def").read_text()
        sections = dict(re.findall(r"(?ms)^%(\w+)\n(.*?)(?=^%|\Z)", text))
        copied = [line.split()[0] for line in sections["files"].splitlines() if line.strip()]
        for name in copied:
            assert (command.SOURCE / name).exists(), name
        for name in re.findall(r"(?:src|include|hdf5_tools|jobs)\b", CMAKE):
            assert name in copied
        assert "HOGWILD_BUILD_PACKAGES" in sections["post"]
        for name in ("post", "environment", "runscript", "test"):
            outcome = subprocess.run(["sh", "-n"], input=sections[name], text=True,
                                     stderr=subprocess.PIPE, check=False)
            assert outcome.returncode == 0, outcome.stderr

    def test_both_say_that_they_were_not_run(self):
        for path in (SITE / "hogwild.def", SITE / "spack/packages/hogwild/package.py"):
            assert "NOT RUN HERE" in path.read_text()
