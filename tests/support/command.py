"""What the tests of the command lines share: running the programs as a user does, and small data.

Environment (ctest sets it; by hand the defaults do): HOGWILD_BIN, HOGWILD_MPIEXEC, HOGWILD_SOURCE,
HOGWILD_SAMPLE_DIR, HOGWILD_SAMPLE_WORK. With HOGWILD_MOST_RANKS what would start more ranks is
skipped: not every MPI is fast with more ranks than cores.
"""
import functools
import gzip
import importlib
import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import NamedTuple

sys.path.append(str(Path(__file__).resolve().parents[2] / "jobs/lib"))
import processes  # noqa: E402
from processes import end_group, mpi_environment, start  # noqa: E402,F401

SOURCE = Path(os.environ.get("HOGWILD_SOURCE") or Path(__file__).resolve().parents[2])
BIN = Path(os.environ.get("HOGWILD_BIN") or SOURCE / "build/release/bin")
SAMPLE = Path(os.environ.get("HOGWILD_SAMPLE_WORK") or SOURCE / "build/release/sample")  # as HDF5
MPIEXEC = os.environ.get("HOGWILD_MPIEXEC") or "mpirun"
MOST_RANKS = int(os.environ.get("HOGWILD_MOST_RANKS") or 1 << 30)

# A start of a program takes a third of the time when Open MPI looks for no fast network, of which
# one machine makes no use, and when a program without mpirun starts no daemon.
SWIFT = {
    "OMPI_MCA_pml": "ob1",
    "OMPI_MCA_btl": "self,vader",
    "OMPI_MCA_ess_singleton_isolated": "1",
}

for _name, _value in {**mpi_environment(), **SWIFT,
                      "ASAN_OPTIONS": "detect_leaks=0"}.items():  # MPI libraries leak
    os.environ.setdefault(_name, _value)

# When a rank ends with another code than 0, Open MPI's mpirun waits a second, sends the others
# SIGTERM, waits a second again and sends SIGKILL. Ranks that agree on an error need no such time,
# if each holds back its code for a moment in which the others end, too.
IMPATIENT = {"OMPI_MCA_odls_base_sigkill_timeout": "0", "PRTE_MCA_odls_base_sigkill_timeout": "0"}
HOLD_BACK = ["sh", "-c", '"$@" || { code=$?; sleep 0.3; exit $code; }', "sh"]

# A script in the background has these ignored, which programs inherit and leave so.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)


# --- running ----------------------------------------------------------------------------------

def run(command, timeout=60, env=None, **options):
    """Runs a command to its end. @raises AssertionError when it takes longer than `timeout`."""
    return processes.run(command, timeout, env, **options)


def tool(name, *arguments, **options):
    return run([BIN / name, *arguments], **options)


def hogwild_command(ranks, *arguments):
    """`ranks` None: without mpirun."""
    if ranks is not None and int(ranks) > MOST_RANKS:
        raise unittest.SkipTest(f"{ranks} ranks, at most {MOST_RANKS} here")
    launcher = [] if ranks is None else [MPIEXEC, "-np", str(ranks)]
    return [*launcher, BIN / "hogwild", *arguments]


@functools.lru_cache(maxsize=None)
def launcher_forgets_codes():
    """MPICH's mpiexec, once it has passed a signal on, may end with 0 whatever its ranks end
    with."""
    return "HYDRA" in run([MPIEXEC, "--version"]).out


def with_variables(variables):
    """What stands before a command that has them in its environment."""
    return ["env", *(f"{name}={value}" for name, value in variables.items())]


def prompt_command(ranks, *arguments, rank_env=None):
    """As hogwild_command(), without mpirun's waiting. `rank_env`: variables of the ranks, not of
    mpirun."""
    words = hogwild_command(ranks, *arguments)
    at = words.index(BIN / "hogwild")
    if rank_env:
        words[at:at] = with_variables(rank_env)
    return words if ranks is None else [*with_variables(IMPATIENT), *words[:at], *HOLD_BACK,
                                        *words[at:]]


def hogwild(ranks, *arguments, rank_env=None, **options):
    """Runs a command of hogwild to its end, without mpirun's waiting."""
    return run(prompt_command(ranks, *arguments, rank_env=rank_env), **options)


def last_wins(options):
    """Options and their values, of which hogwild takes each once: of one that is there twice the
    last value, in the place of the first."""
    words = [str(word) for word in options]
    starts = [k for k, word in enumerate(words) if word.startswith("--")]
    given = {words[k]: words[k:end] for k, end in zip(starts, [*starts[1:], len(words)])}
    return [word for one in given.values() for word in one]


def peak_memory(command, **options):
    """Runs a command. @return its exit code and its peak resident memory in bytes."""
    process = start(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.WEXITSTATUS(status) if os.WIFEXITED(status) else -os.WTERMSIG(status)
    # The kernel starts the child's peak with what its parent had before exec.
    own = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return process.returncode, 1024 * usage.ru_maxrss, own


# --- small file systems -----------------------------------------------------------------------

_UNSHARE = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]
_ON_TMPFS = """
folder=$1 size=$2 listing=$3; shift 3
mount -t tmpfs -o size="$size" hogwild-test "$folder" || exit 125
cd "$folder" && "$@"
code=$?
cd / && ls -A "$folder" >"$listing"
exit $code
"""


def on_small_disk(folder, size, command, **options):
    """Runs a command in `folder`, over which a tmpfs of `size` bytes lies for nobody but it.
    @return the outcome, and the names of the files that it left there.
    @raises SkipTest where private mounts are not to be had."""
    with tempfile.TemporaryDirectory() as scratch:
        if shutil.which("unshare") is None or subprocess.run(
                [*_UNSHARE, "mount", "-t", "tmpfs", "hogwild-test", scratch],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode != 0:
            raise unittest.SkipTest("private mounts need root or user namespaces")
        listing = Path(scratch, "listing")
        outcome = run([*_UNSHARE, "sh", "-c", _ON_TMPFS, "sh", folder, size, listing, *command],
                      **options)
        shown = f"on a disk of {size} bytes: " + " ".join(map(str, command))
        return outcome._replace(command=shown), listing.read_text().split("\n")[:-1]


# --- data -------------------------------------------------------------------------------------

class Document(NamedTuple):
    id: int
    terms: tuple  # of (term id, weight as text), ascending
    topics: tuple

    def vector_line(self):
        return f"{self.id}  " + " ".join(f"{term}:{weight}" for term, weight in self.terms) + "\n"

    def topic_lines(self):
        return "".join(f"{topic} {self.id} 1\n" for topic in self.topics)

    def svmlight_line(self, category):
        return ("+1" if category in self.topics else "-1") + "".join(
            f" {term}:{weight}" for term, weight in self.terms) + "\n"


def make_documents(count, seed=1, first_id=2286, features=300, length=12):
    """Documents of unit length. The words tell CCAT from ECAT nearly always; MCAT says nothing."""
    draw = random.Random(seed)
    documents = []
    document_id = first_id
    for _ in range(count):
        positive = draw.random() < 0.45
        half = features // 2
        terms = set()
        while len(terms) < length:
            common = draw.random() < 0.4
            low, high = (1, features) if common else (1, half) if positive else (half + 1, features)
            terms.add(draw.randint(low, high))
        raw = {term: draw.uniform(0.2, 1.0) for term in sorted(terms)}
        norm = sum(value * value for value in raw.values()) ** 0.5
        topics = ("CCAT" if positive else "ECAT",) + (("MCAT",) if draw.random() < 0.3 else ())
        documents.append(Document(
            document_id, tuple((t, f"{v / norm:.6f}".rstrip("0")) for t, v in raw.items()), topics))
        document_id += draw.choice((1, 1, 1, 2))
    return documents


def write_text(path, text):
    """Packed if the name ends in .gz."""
    path = Path(path)
    if path.suffix == ".gz":
        with gzip.open(path, "wt") as file:
            file.write(text)
    else:
        path.write_text(text)
    return path


def write_vectors(path, documents):
    return write_text(path, "".join(d.vector_line() for d in documents))


def write_topics(path, documents):
    return write_text(path, "".join(d.topic_lines() for d in documents))


def convert(documents, output, *options):
    """Documents to a dataset, in their order unless the options say otherwise."""
    with tempfile.TemporaryDirectory() as folder:
        vectors = write_vectors(Path(folder, "vectors.dat"), documents)
        topics = write_topics(Path(folder, "topics.qrels"), documents)
        if "--shuffle-seed" not in options:
            options += ("--no-shuffle",)
        outcome = tool("rcv1_to_hdf5", "--vectors", vectors, "--topics", topics,
                       "--output", output, "--quiet", *options)
    if outcome.code != 0:
        raise AssertionError(str(outcome))
    return Path(output)


def convert_rare_class(folder, counts, *, seed, features, length, telling):
    """Documents of a rare class, as datasets train.h5 and test.h5 in `folder`.
    @param counts   documents of the two.
    @param telling  how probable the telling feature, the last one, is in the class and outside.
    @return the labels of the test documents."""
    draw = random.Random(seed)
    lines = []
    for _ in range(sum(counts)):
        positive = draw.random() < 0.13
        tells = draw.random() < telling[0 if positive else 1]
        ids = sorted(draw.sample(range(1, features), length)) + ([features] if tells else [])
        lines.append(("+1 " if positive else "-1 ") + " ".join(f"{j}:0.4" for j in ids) + "\n")
    for name, part in (("train", lines[:counts[0]]), ("test", lines[counts[0]:])):
        text = write_text(Path(folder, f"{name}.svm"), "".join(part))
        outcome = tool("svmlight_to_hdf5", "--input", text, "--output",
                       Path(folder, f"{name}.h5"), "--quiet")
        if outcome.code != 0:
            raise AssertionError(str(outcome))
    return [1 if line.startswith("+") else -1 for line in lines[counts[0]:]]


def inspect(*names):
    """What `hdf5_inspect --json` says: one dictionary per file."""
    outcome = tool("hdf5_inspect", "--json", *names)
    if outcome.code != 0:
        raise AssertionError(str(outcome))
    return [json.loads(line) for line in outcome.out.splitlines()]


def shards_of(dataset, count):
    """The paths of a dataset's shards."""
    dataset = Path(dataset)
    return [dataset.with_name(f"{dataset.stem}.shard-{k:05d}-of-{count:05d}{dataset.suffix}")
            for k in range(count)]


def own_files(names):
    """Those that the programs make for themselves: temporary files and locks."""
    return [name for name in names if re.fullmatch(r"\..+\.hogwild-(lock|[0-9a-f]{24})", name)]


def flip_byte(path, offset):
    with open(path, "r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ 0x10]))


def offset_of(path, content):
    """Where `content` stands in a file, once."""
    data = Path(path).read_bytes()
    offset = data.find(content)
    if offset < 0 or data.find(content, offset + 1) >= 0:
        raise AssertionError(f"{path} does not hold {content!r} exactly once")
    return offset


def read_json_lines(path):
    return [json.loads(line) for line in Path(path).read_text().splitlines()]


def need(*names):
    """Modules that not every machine has. @raises SkipTest."""
    modules = []
    for name in names:
        try:
            modules.append(importlib.import_module(name))
        except ImportError:
            raise unittest.SkipTest(f"Python has no module {name}") from None
    return modules[0] if len(modules) == 1 else modules


# --- test cases -------------------------------------------------------------------------------

class Case:
    """What classes of tests share. tests/conftest.py gives every test a folder of its own,
    `self.dir`, every class one for all its tests, `self.shared`, and `self.subtests`."""
    dir = shared = subtests = None
    _at_end = _at_class_end = None  # ExitStacks

    def at_end(self, function, *arguments, **options):
        """To be called after the test, however it ends."""
        self._at_end.callback(function, *arguments, **options)

    @classmethod
    def at_class_end(cls, function, *arguments, **options):
        cls._at_class_end.callback(function, *arguments, **options)

    def names(self):
        """Of the files in the test's folder."""
        return sorted(path.name for path in self.dir.iterdir())

    def check(self, outcome, code=0):
        assert outcome.code == code, str(outcome)
        return outcome

    def check_refused(self, outcome, code, program, *says):
        """Refused with this code and one line on stderr which holds all of `says`."""
        assert outcome.code == code, str(outcome)
        lines = outcome.own_lines()
        assert len(lines) == 1, f"one line was expected on stderr\n{outcome}"
        assert lines[0].startswith(program + ": "), str(outcome)
        for words in says:
            assert words in lines[0], str(outcome)
        return outcome
