"""From a source tree, or an installation, to programs and data sets: what the quick start and the
experiments share."""
import os
import shlex
import subprocess
import sys
from pathlib import Path

import installation
from installation import DEFAULT_BUILD_DIR, ROOT

TEXTS = ("lyrl2004_vectors_train.dat", *(f"lyrl2004_vectors_test_pt{n}.dat" for n in range(4)),
         "rcv1-v2.topics.qrels")
# Exit codes, as docs/output.md has them.
FAILED, USAGE, NO_INPUT, CANNOT_CREATE = 1, 2, 66, 73


class Stop(Exception):
    """Ends the program with one line and an exit code."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def run_main(program, main):
    try:
        main(sys.argv[1:])
    except Stop as stop:
        print(f"{program}: {stop}", file=sys.stderr)
        sys.exit(stop.code)
    except KeyboardInterrupt:
        sys.exit(130)


def path(text):
    """An argument that names a file or folder, which need not exist."""
    return Path(os.path.abspath(text))


def add_options(parser, work_option, work_default, work_help):
    """Options of all programs that prepare data."""
    parser.add_argument("--rcv1", type=path, metavar="DIR",
                        help="on the RCV1-v2 text files in DIR (see jobs/fetch_rcv1.sh); "
                             "without it, on synthetic data in their shape")
    parser.add_argument(work_option, type=path, metavar="DIR", default=work_default, help=work_help)
    parser.add_argument("--build-dir", type=path, metavar="DIR", default=DEFAULT_BUILD_DIR,
                        help="where to build (build/release in the source tree); for installed "
                             "scripts, whose programs to use (those beside them)")


def step(text):
    print(f"\n== {text}", flush=True)


def call(words, **options):
    """A command whose output the user sees. @raises Stop with its exit code."""
    words = [str(word) for word in words]
    try:
        code = subprocess.run(words, check=False, **options).returncode
    except OSError as error:
        raise Stop(NO_INPUT, f"cannot start {words[0]}: {error.strerror}") from None
    if code != 0:
        raise Stop(code if 0 < code < 126 else FAILED,
                   f"{Path(words[0]).name} ended with exit code {code}; the reason is above")


def ensure_packages(*lists):
    """@param lists  names of arrays in packages.sh, such as HOGWILD_BUILD_PACKAGES"""
    if installation.INSTALLED:  # nothing is built
        lists = [name for name in lists if name != "HOGWILD_BUILD_PACKAGES"]
    names = " ".join(f'"${{{name}[@]}}"' for name in lists)
    call(["bash", "-c", f'source "$1" && ensure_packages {names}', "bash",
          ROOT / "jobs/lib/packages.sh"])
    print("all there", flush=True)


def make_folder(folder, option):
    """@param option  the one that chooses another folder"""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        pass
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise Stop(CANNOT_CREATE, f"cannot write to {folder}: choose another folder with {option}")


def build(build_dir, *targets):
    """@return the folder in whose bin/ the programs are"""
    if installation.INSTALLED:
        return installed_programs(build_dir)
    if os.access(build_dir / "bin/hogwild", os.X_OK) and not os.access(build_dir, os.W_OK):
        # A finished build of another user (root, a colleague) will do.
        print(f"{build_dir} is not ours to write to: using the programs that are built there")
        return build_dir
    make_folder(build_dir, "--build-dir")
    if build_dir == DEFAULT_BUILD_DIR:
        call(["cmake", "--preset", "release"], cwd=ROOT)
    else:
        call(["cmake", "-S", ROOT, "-B", build_dir, "-DCMAKE_BUILD_TYPE=Release"])
    cores = len(os.sched_getaffinity(0))
    call(["cmake", "--build", build_dir, f"-j{cores}", "--target", *targets])
    return build_dir


def installed_programs(build_dir):
    prefix = installation.programs_prefix(build_dir)
    missing = installation.missing_programs(prefix)
    if missing:
        raise Stop(NO_INPUT, missing)
    print(f"these scripts are installed: using the programs in {prefix / 'bin'}", flush=True)
    return prefix


class Stamp:
    """The sources of a product and its own state when finished: a line per file with size and time
    of change, in a file beside it. While these are unchanged, the product is up to date."""

    def __init__(self, folder, name, *files):
        self.file, self.files = folder / f".{name}.stamp", files

    def signature(self):
        lines = []
        for file in self.files:
            if not file.exists():
                return None
            lines.append(f"{file} {file.stat().st_size} {file.stat().st_mtime_ns}\n")
        return "".join(lines)

    def holds(self):
        return self.file.is_file() and self.file.read_text() == self.signature()

    def remove(self):
        self.file.unlink(missing_ok=True)

    def write(self):
        self.file.write_text(self.signature() or "")


def find_text(folder):
    """@return train, four test files, topics, packed or not; and the names that are missing."""
    found, missing = [], []
    for name in TEXTS:
        there = [file for file in (folder / f"{name}.gz", folder / name) if file.is_file()]
        found += there[:1]
        missing += [] if there else [f"{name}[.gz]"]
    return found, missing


def check_rcv1(folder):
    """Call it before long work."""
    _, missing = find_text(folder)
    if missing:
        fetch = shlex.join(["bash", str(ROOT / "jobs/fetch_rcv1.sh"), "--dir", str(folder)])
        raise Stop(NO_INPUT, f"not in {folder}: {' '.join(missing)}. To download: {fetch}")


def synthesize(build_dir, folder):
    """@return the text files, in folder/text"""
    text, tool = folder / "text", build_dir / "bin/rcv1_synthesize"
    found, missing = find_text(text)
    if not missing and Stamp(folder, "text", tool, *found).holds():
        print(f"{text} is up to date")
        return found
    Stamp(folder, "text").remove()
    text.mkdir(parents=True, exist_ok=True)
    call([tool, "--output-dir", text, "--train-documents", 23149, "--test-documents", 20000,
          "--seed", 1])
    found, missing = find_text(text)
    if missing:
        raise Stop(FAILED, f"rcv1_synthesize did not write {' '.join(missing)} into {text}")
    Stamp(folder, "text", tool, *found).write()
    return found


def conversions(build_dir, texts, folder):
    """@return the commands that make folder/train.h5 and folder/test.h5, by name"""
    converter = build_dir / "bin/rcv1_to_hdf5"
    return {name: [converter, "--vectors", *vectors, "--topics", texts[5], "--output",
                   folder / f"{name}.h5"]
            for name, vectors in (("train", texts[:1]), ("test", texts[1:5]))}


def convert(build_dir, texts, folder, *names):
    """Makes the named data sets of conversions() that are not up to date."""
    for name in names:
        command = conversions(build_dir, texts, folder)[name]
        stamp = Stamp(folder, f"{name}.h5", command[0], *texts, folder / f"{name}.h5")
        if stamp.holds():
            print(f"{folder / name}.h5 is up to date")
            continue
        stamp.remove()
        call(command)
        stamp.write()


def make_data_sets(options, *names):
    """Data sets of the text in --rcv1, or of synthetic text. @return their folder in --output"""
    folder = options.output / "data" / ("synthetic" if options.rcv1 is None else "rcv1")
    folder.mkdir(parents=True, exist_ok=True)
    texts = (synthesize(options.build_dir, folder) if options.rcv1 is None
             else find_text(options.rcv1)[0])
    convert(options.build_dir, texts, folder, *names)
    return folder


def start_research(options, *programs):
    """Steps 1 to 3 of 4, but for the data: sets `options.build_dir`, makes the --output folder."""
    if options.rcv1 is not None:
        check_rcv1(options.rcv1)
    step("1/4 Packages")
    ensure_packages("HOGWILD_BUILD_PACKAGES", "HOGWILD_EXPERIMENT_PACKAGES")
    step("2/4 Programs")
    options.build_dir = build(options.build_dir, "hogwild", "rcv1_to_hdf5", "rcv1_synthesize",
                              *programs)
    step("3/4 Data")
    make_folder(options.output, "--output")
