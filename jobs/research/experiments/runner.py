"""Runs of `hogwild train` under mpirun: each is kept with all its settings and everything it logged,
so that a second start does only what is missing."""
import base64
import contextlib
import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import processes

# Exit codes, as docs/output.md has them.
INTERNAL, USAGE, BAD_DATA, NO_INPUT, CANNOT_CREATE, IO_FAILED = 1, 2, 65, 66, 73, 74


class Failure(Exception):
    """Ends the program with one line and an exit code."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def mode_for(path):
    """Of the file that is replaced; of a new one what the umask leaves."""
    with contextlib.suppress(OSError):
        return path.stat().st_mode & 0o777
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask


def write_file(path, content):
    """Writes a file atomically: readers never see half of it. As in the programs: under a new
    temporary name, and through links."""
    target = Path(os.path.realpath(path))
    data = content if isinstance(content, bytes) else content.encode()
    temporary = None
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name}.hogwild-",
                                                 dir=target.parent)
        with open(descriptor, "wb") as file:
            file.write(data)
            os.fchmod(file.fileno(), mode_for(target))
        os.replace(temporary, target)
        temporary = None
    except OSError as error:
        raise Failure(IO_FAILED, f"cannot write {path}: {error.strerror}") from None
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)


@dataclass(frozen=True)
class Job:
    """One training run. `label` is the competitor, `options` are those of train, without the leading dashes."""
    label: str
    ranks: int
    options: tuple  # of (name, value); value None: a switch
    seed: int
    data: str = ""  # the training set if it is not the experiment's own
    tested: bool = False      # evaluate the test set at the end, which may be large
    keep_right: bool = False  # and note which of its documents the model classifies rightly

    @staticmethod
    def make(label, ranks, options, seed, **more):
        return Job(label, ranks, tuple((k, None if v is None else str(v))
                                       for k, v in options.items()), seed, **more)


class Record:
    """What one run said. Meters and metrics are looked up by the names of the run log."""

    def __init__(self, stored):
        self.stored = stored
        self.label = stored["label"]
        self.ranks = stored["ranks"]
        self.seed = stored["seed"]
        self.oversubscribed = stored["oversubscribed"]
        self.evaluations = stored["evaluations"]
        self.result = stored["result"]

    def __getitem__(self, key):
        return self.result.get(key)

    @property
    def valid(self):
        return self.result.get("verdict") == "VALID"

    @property
    def right(self):
        """For every test document, whether the model classifies it correctly."""
        packed = zlib.decompress(base64.b64decode(self.stored["right"]))
        return np.unpackbits(np.frombuffer(packed, np.uint8),
                             count=self.stored["test_documents"]).astype(bool)


def interleaved(competitors, seeds):
    """Job makers times seeds in an order that favours no competitor: all competitors once per seed,
    in another order each time."""
    competitors = list(competitors)
    jobs = []
    for seed in seeds:
        order = competitors[:]
        random.Random(seed).shuffle(order)
        jobs += [make(seed) for make in order]
    return jobs


class Runner:
    """Starts runs one after the other and keeps them in `runs.jsonl`."""

    def __init__(self, bin_dir, train, test, category, output, cores, fresh=False):
        self.bin = Path(bin_dir)
        self.train = str(train)
        self.test = str(test)
        self.category = category
        self.output = Path(output)
        self.cores = cores
        self.version = self._version()
        self._identities = {}
        self._predictor = None
        self.store = self.output / "runs.jsonl"
        self.values = {}
        self.fresh = fresh
        self.known = {} if fresh else self._load()
        if fresh:
            self.store.unlink(missing_ok=True)
        self.used = []  # records that the present experiment asked for

    # --- programs ---------------------------------------------------------------------------------

    def _version(self):
        try:
            done = subprocess.run([self.bin / "hogwild", "--version"], stdout=subprocess.PIPE,
                                  check=True, universal_newlines=True)
        except (OSError, subprocess.CalledProcessError):
            raise Failure(NO_INPUT, f"no program {self.bin / 'hogwild'}: build first "
                                    "(bash jobs/research/experiments.sh does)") from None
        return done.stdout.splitlines()

    def call(self, command, ranks=None, pinned=False, what="", allowed=(0,)):
        """Runs a command to its end. @return (exit code, stdout, stderr, wall seconds).
        @raises Failure with the command's exit code and the line in which it says why."""
        environment = dict(os.environ)
        if ranks is not None:
            binding = "core" if pinned else "none"
            environment["OMPI_MCA_hwloc_base_binding_policy"] = binding
            environment["PRTE_MCA_hwloc_default_binding_policy"] = binding
            command = ["mpirun", "-np", str(ranks), *command]
        try:
            done = processes.run(command, env=environment)
        except OSError as error:
            raise Failure(NO_INPUT, f"cannot start {command[0]}: {error.strerror}") from None
        if done.code not in allowed:
            raise Failure(done.code if 0 < done.code < 126 else INTERNAL,
                          f"{what or Path(str(command[0])).name} ended with exit code {done.code}: "
                          f"{reason(done.err)}")
        return done.code, done.out, done.err, done.seconds

    # --- runs -------------------------------------------------------------------------------------

    def run_all(self, name, jobs):
        """@return the records of `jobs`, in their order."""
        missing = {}
        for job in jobs:
            missing.setdefault(self._key(job), job)
        missing = {key: job for key, job in missing.items() if key not in self.known}
        if missing:
            self._warm_up(next(iter(missing.values())))
        started = time.monotonic()
        for done, (key, job) in enumerate(missing.items()):
            self.known[key] = self._keep(self._run(key, job))
            passed = time.monotonic() - started
            left = passed / (done + 1) * (len(missing) - done - 1)
            say(f"{name}: {done + 1}/{len(missing)}, {job.label}, {job.ranks} rank{'s' * (job.ranks > 1)}, "
                f"seed {job.seed}"
                f" (about {left:.0f} s left)")
        records = [self.known[self._key(job)] for job in jobs]
        self.used += records
        return records

    def _run(self, key, job):
        oversubscribed = job.ranks > self.cores
        with tempfile.TemporaryDirectory(prefix="hogwild-experiment-") as folder:
            log, model = Path(folder, "run.jsonl"), Path(folder, "model.h5")
            arguments = self._arguments(job) + ["--log", str(log)]
            if job.keep_right:
                arguments += ["--model", str(model)]
            # Exit code 1 with a verdict is a run that diverged: a result too.
            code, _, err, seconds = self.call(
                [self.bin / "hogwild", "train", *arguments], ranks=job.ranks,
                pinned=not oversubscribed, what=f"{job.label} on {job.ranks} ranks",
                allowed=(0, 1))
            rows = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
            if not rows or rows[-1].get("event") != "result":
                raise Failure(INTERNAL, f"{job.label} on {job.ranks} ranks, seed {job.seed}: exit "
                                        f"code {code} and no result: {reason(err)}")
            stored = {
                "key": key, "label": job.label, "ranks": job.ranks, "seed": job.seed,
                "options": dict(job.options), "cores": self.cores,
                "oversubscribed": oversubscribed, "pinned": not oversubscribed,
                "wall_seconds": seconds, "version": self.version,
                "start": without_paths(rows[0]),
                "evaluations": [row for row in rows if row["event"] == "evaluation"],
                "result": rows[-1],
            }
            if job.keep_right and model.exists():
                right = self._predict(model)
                stored["test_documents"] = len(right)
                stored["right"] = base64.b64encode(
                    zlib.compress(np.packbits(right).tobytes())).decode()
        return Record(stored)

    def _arguments(self, job):
        arguments = ["--train", job.data or self.train, "--seed", str(job.seed), "--quiet"]
        if job.tested or job.keep_right:
            arguments += ["--test", self.test]
        if self.category:
            arguments += ["--category", self.category]
        for option, value in job.options:
            arguments += [f"--{option}"] if value is None else [f"--{option}", value]
        return arguments

    def _predict(self, model):
        if self._predictor is None:
            from datasets import Predictor  # pylint: disable=import-outside-toplevel
            self._predictor = Predictor(self.test, self.category)
        return self._predictor.right(model)

    def _warm_up(self, job):
        """Once, for page cache and clock frequency; nothing of it is kept."""
        with tempfile.TemporaryDirectory(prefix="hogwild-experiment-") as folder:
            self.call([self.bin / "hogwild", "train", *self._arguments(job),
                       "--log", Path(folder, "run.jsonl")],
                      ranks=job.ranks, what=job.label, allowed=(0, 1))

    # --- what is kept -----------------------------------------------------------------------------

    def _key(self, job):
        """The same settings on the same data with the same program are the same run."""
        what = [self.version, self.cores, job.label, job.ranks, job.seed, job.options, self.category,
                job.tested, job.keep_right, self.identity(job.data or self.train),
                self.identity(self.test) if job.tested or job.keep_right else ""]
        return hashlib.sha256(json.dumps(what).encode()).hexdigest()[:20]

    def identity(self, dataset):
        """Of a data set's content, wherever it lies."""
        if dataset not in self._identities:
            from datasets import digest  # pylint: disable=import-outside-toplevel
            self._identities[dataset] = digest(dataset) if dataset else ""
        return self._identities[dataset]

    def _load(self):
        known = {}
        if not self.store.exists():
            return known
        for line in self.store.read_text().splitlines():
            with contextlib.suppress(ValueError, KeyError):  # a line cut off by a crash
                stored = json.loads(line)
                if "value" in stored:
                    self.values[stored["key"]] = stored["value"]
                else:
                    known[stored["key"]] = Record(stored)
        return known

    def remembered(self, what, dataset, make):
        """The value of `make()` for these settings on this data; it is made once and kept."""
        key = hashlib.sha256(json.dumps([self.version, what, self.identity(dataset)]).encode())
        key = key.hexdigest()[:20]
        if key not in self.values:
            self.values[key] = make()
            self._append({"key": key, "what": what, "value": self.values[key]})
        return self.values[key]

    def _keep(self, record):
        self._append(record.stored)
        return record

    def _append(self, stored):
        try:
            with open(self.store, "a") as file:
                file.write(json.dumps(stored) + "\n")
        except OSError as error:
            raise Failure(IO_FAILED, f"cannot write {self.store}: {error.strerror}") from None

    def take_used(self):
        """The records since the last call, each once: the raw results of one experiment."""
        used = {record.stored["key"]: record for record in self.used}
        self.used = []
        return list(used.values())


def without_paths(start):
    """The log's first row without where files lay on this machine."""
    def without_path(name, value):
        if name not in ("train", "test", "log", "model"):
            return value
        return [Path(v).name for v in value] if isinstance(value, list) else Path(value).name
    options = {name: without_path(name, value) for name, value in start.get("options", {}).items()}
    return {**start, "options": options}


def reason(err):
    """The program's error line; mpirun adds its own lines around it."""
    lines = [line.strip() for line in err.splitlines() if line.strip(" \n-")]
    own = [line for line in lines if line.startswith(("hogwild: ", "rcv1_", "hdf5_", "rank "))]
    return (own or lines or ["it said nothing"])[0]


def say(text):
    """Progress: one line that is rewritten on a terminal, lines in a file."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
    else:
        print(text, file=sys.stderr, flush=True)
