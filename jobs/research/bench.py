"""What the benchmarks share: options, programs with checked ends, results from run logs."""
import gzip
import json
import os
import shutil
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "lib"))
import installation  # noqa: E402
import processes  # noqa: E402
from arguments import Parser  # noqa: E402

TEXTS = ("lyrl2004_vectors_train.dat", "rcv1-v2.topics.qrels")
NO_INPUT = 66


class Failed(Exception):
    """Ends the benchmark with one line and an exit code."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def positive(text):
    value = int(text)
    if value < 1:
        raise ValueError(text)
    return value


def parser(program, description, repeats=5):
    made = Parser(program, description)
    made.add_argument("--repeats", type=positive, default=repeats, help=f"({repeats})")
    made.add_argument("--build-dir", type=Path, default=installation.DEFAULT_BUILD_DIR,
                      metavar="DIR",
                      help="where the programs were built (build/release in the source tree)")
    return made


def parse(made):
    options = made.parse_args()
    options.build_dir = installation.programs_prefix(options.build_dir)
    missing = installation.missing_programs(options.build_dir)
    if missing:
        raise Failed(NO_INPUT, missing)
    return options


def run_main(name, main):
    try:
        main()
    except Failed as failure:
        print(f"{name}: {failure}", file=sys.stderr)
        sys.exit(failure.code)
    except KeyboardInterrupt:
        sys.exit(130)


def cores():
    return len(os.sched_getaffinity(0))


def machine():
    models = [line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
              if line.startswith("model name")]
    return f"{models[0] if models else 'unknown processor'}, {cores()} cores"


class Programs:
    """Our programs, on files in a folder of their own."""

    def __init__(self, build_dir, work):
        self.bin, self.work = build_dir / "bin", work
        self.dataset = work / "train.h5"

    def run(self, words):
        """@return the seconds it took."""
        done = processes.run(words)
        if done.code != 0:
            raise Failed(1, f"{done.command} ended with {done.code}: {done.err.strip()}")
        return done.seconds

    def plain_text(self, rcv1, documents=None):
        """Vectors and topics, unpacked: of the folder `rcv1`, or synthesised (None)."""
        if rcv1 is None:
            size = () if documents is None else ("--train-documents", documents)
            self.run([self.bin / "rcv1_synthesize", "--output-dir", self.work, *size,
                      "--test-documents", 0, "--quiet"])
        for name in TEXTS if rcv1 is not None else ():
            packed = rcv1 / f"{name}.gz"
            try:
                with gzip.open(packed) if packed.exists() else open(rcv1 / name, "rb") as source:
                    with open(self.work / name, "wb") as copy:
                        shutil.copyfileobj(source, copy)
            except OSError as error:
                raise Failed(NO_INPUT, f"{rcv1 / name}[.gz]: {error.strerror or error}") from None
        return [self.work / name for name in TEXTS]

    def convert(self, vectors, topics, prefix=()):
        return self.run([*prefix, self.bin / "rcv1_to_hdf5", "--vectors", vectors, "--topics", topics,
                         "--output", self.dataset, "--quiet"])

    def train(self, ranks, options, prefix=(), train=None):
        """@return the result that the run log ends with."""
        return self.train_log(ranks, options, [*prefix, "mpirun"], train)[0][-1]

    def train_log(self, ranks, options, mpirun=("mpirun",), train=None, category="CCAT"):
        """@return the rows of the run log, and the seconds of the whole command."""
        log = self.work / "run.jsonl"
        seconds = self.run([*mpirun, "-np", ranks, self.bin / "hogwild", "train", "--train",
                            train or self.dataset, "--category", category, "--quiet", "--log", log,
                            *options])
        rows = [json.loads(line) for line in log.read_text().splitlines()]
        log.unlink()
        return rows, seconds
