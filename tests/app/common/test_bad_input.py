"""`hogwild train` with whatever can be wrong: one line that says so, the right exit code, soon, and
every file as it was before."""
import concurrent.futures
import fcntl
import itertools
import os
import pwd
import re
import shlex
import shutil
import struct
import subprocess
import time

import pytest

import command
from bad_input_cases import CASES, content_of, make_data

pytestmark = [pytest.mark.mpi]

AT_A_TIME = 4  # of the cases
PROMPT = 10  # seconds


class TestBadInput(command.Case):
    """All cases run at the start, some at a time, and the tests look at the outcomes."""

    @classmethod
    def setup_class(cls):
        make_data(cls.shared)
        pool = concurrent.futures.ThreadPoolExecutor(AT_A_TIME)
        cls.at_class_end(pool.shutdown)
        cls.runs = {case.name: pool.submit(cls.run_case, case) for case in CASES}

    @classmethod
    def run_case(cls, case):
        """@return the outcome, and what its folder held before and after."""
        folder = cls.shared / "runs" / case.name
        folder.mkdir(parents=True)
        (folder / "run.jsonl").write_text('{"event":"start","program":"of an earlier run"}\n')
        (folder / "model.h5").write_text("")
        if case.prepare:
            case.prepare(folder)
        before = content_of(folder)
        arguments = shlex.split(case.arguments.format(data=cls.shared))
        if case.outputs:
            arguments += ["--log", "run.jsonl", "--model", "model.h5"]
        outcome = command.hogwild(case.ranks, "train", *arguments, cwd=folder)
        return outcome, before, content_of(folder)

    @pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
    def test_refused(self, case):
        outcome, before, after = self.runs[case.name].result()
        assert after == before, f"files have changed\n{outcome}"
        self.check_refused(outcome, case.code, "hogwild", *case.says)
        assert outcome.seconds < PROMPT, str(outcome)


class TestBadSurroundings(command.Case):
    """What needs more than a command line."""

    @classmethod
    def setup_class(cls):
        cls.train = command.convert(command.make_documents(300), cls.shared / "train.h5")
        cls.good = ("train", "--train", cls.train, "--category", "CCAT")

    def test_locked_outputs(self):
        locks = (".{}.hogwild-lock", "{}.lock")  # ours, and the one of earlier versions
        for name, lock_name in itertools.product(("run.jsonl", "model.h5"), locks):
            lock_name = lock_name.format(name)
            with self.subtests.test(lock=lock_name), open(self.dir / lock_name, "w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                (self.dir / name).write_text("of the other run")
                before = content_of(self.dir)
                outcome = command.hogwild(2, *self.good, "--log", "run.jsonl", "--model",
                                          "model.h5", "--force", cwd=self.dir)
                self.check_refused(outcome, 73, "hogwild", name, "still writing")
                assert content_of(self.dir) == before
            for path in self.dir.iterdir():
                path.unlink()

    def test_lock_of_a_dead_run_is_no_obstacle(self):
        for name in (".run.jsonl.hogwild-lock", ".model.h5.hogwild-lock"):
            (self.dir / name).touch()
        self.check(command.hogwild(1, *self.good, "--log", "run.jsonl", "--model", "model.h5",
                                   "--iterations", "1", cwd=self.dir))
        assert self.names() == ["model.h5", "run.jsonl"]

    def test_unreadable_file(self):
        """Root reads everything: then as nobody."""
        nobody = {}
        if os.geteuid() == 0:
            user = pwd.getpwnam("nobody")
            nobody = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
            if subprocess.run([command.BIN / "hogwild", "--version"], cwd="/", **nobody,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode:
                pytest.skip(f"nobody but root can run {command.BIN}/hogwild")
        self.dir.chmod(0o777)
        shutil.copy(self.train, self.dir / "train.h5")
        (self.dir / "train.h5").chmod(0)
        (self.dir / "closed").mkdir()
        (self.dir / "closed").chmod(0o555)
        before = self.names()
        options = ("--category", "CCAT", "--log", "run.jsonl", "--model", "model.h5")
        outcome = command.hogwild(2, "train", "--train", "train.h5", *options, cwd=self.dir,
                                  **nobody)
        self.check_refused(outcome, 66, "hogwild", "train.h5", "Permission denied")
        assert self.names() == before
        # outputs where nobody may write
        (self.dir / "train.h5").chmod(0o644)
        for options in (("--log", "closed/run.jsonl"), ("--model", "closed/model.h5")):
            outcome = command.hogwild(2, "train", "--train", "train.h5", "--category", "CCAT",
                                      *options, cwd=self.dir, **nobody)
            self.check_refused(outcome, 73, "hogwild", options[1], "Permission denied")
            assert self.names() == before

    def test_weights_that_are_not_finite(self):
        (self.dir / "model.h5").write_text("of an earlier run")
        for ranks, rate, options in [
                (2, "1e300", ()),
                (2, "1e38", ("--strategy", "locked", "--precision", "float")),
                (None, "1e300", ("--strategy", "sequential")),
                (None, "1e300", ("--quiet", "--validation-fraction", "0"))]:
            with self.subtests.test(options=options):
                outcome = command.hogwild(ranks, *self.good, "--learning-rate", rate, "--log",
                                          "run.jsonl", "--model", "model.h5", "--force", *options,
                                          cwd=self.dir)
                assert outcome.code == 1, str(outcome)
                assert "INVALID" in outcome.out + outcome.err
                result = command.read_json_lines(self.dir / "run.jsonl")[-1]
                assert result["event"] == "result"
                assert re.search("^INVALID: .*finite", result["verdict"])
                assert self.names() == ["model.h5", "run.jsonl"]
                assert (self.dir / "model.h5").read_text() == "of an earlier run"

    def test_invalid_is_said_on_stderr(self):
        outcome = command.hogwild(None, *self.good, "--learning-rate", "1e300", "--quiet")
        self.check_refused(outcome, 1, "hogwild", "finite", "--learning-rate")

    def test_damaged_test_data(self):
        """Found when training is over, at the latest."""
        documents = command.make_documents(300, seed=2)
        test = command.convert(documents, self.shared / "test.h5")
        weights = [float(w) for _, w in documents[290].terms]
        command.flip_byte(test, command.offset_of(test, struct.pack("<12f", *weights)) + 5)
        outcome = command.hogwild(2, *self.good, "--test", test, "--quiet", "--log", "run.jsonl",
                                  "--model", "model.h5", cwd=self.dir)
        self.check_refused(outcome, 65, "hogwild", "test.h5", "X/data")
        assert set(self.names()) <= {"run.jsonl", "model.h5"}

    def test_too_little_shared_memory(self):
        """MPI itself needs 4 MiB per rank or says so at length; the weights 24 MB."""
        (self.shared / "wide.txt").write_text("".join(
            f"{'+1' if k % 2 else '-1'} " + ":1 ".join(map(str, range(1 + k, 3_000_001, 20)))
            + ":1\n" for k in range(20)))
        wide = self.shared / "wide.h5"
        self.check(command.tool("svmlight_to_hdf5", "--input", self.shared / "wide.txt",
                                "--output", wide, "--quiet"))
        before = content_of(self.dir)
        for size in ("12m", "23m"):
            with self.subtests.test(size=size):
                outcome, _ = command.on_small_disk(
                    "/dev/shm", size, command.prompt_command(
                        2, "train", "--train", wide, "--iterations", "2", "--log",
                        self.dir / "run.jsonl", "--model", self.dir / "model.h5"))
                self.check_refused(outcome, 71, "hogwild", "shared memory", "/dev/shm")
                assert outcome.seconds < PROMPT
                assert content_of(self.dir) == before
        outcome, left = command.on_small_disk("/dev/shm", "64m", command.hogwild_command(
            2, "train", "--train", wide, "--iterations", "2", "--quiet"))
        self.check(outcome)
        assert left == []

    def test_full_disk(self):
        """The model, and a log that grows too long."""
        documents = command.make_documents(300, features=20000, length=40)
        train = command.convert(documents, self.shared / "broad.h5")
        base = command.hogwild_command(None, "train", "--train", train, "--category", "CCAT",
                                       "--quiet")
        for size, options in [(8192, ("--model", "model.h5")), (81920, ("--model", "model.h5")),
                              (4096, ("--log", "run.jsonl", "--evaluate-every", "1",
                                      "--patience", "0"))]:
            with self.subtests.test(size=size):
                outcome, left = command.on_small_disk(self.dir, size, [*base, *options])
                assert [name for name in left if name != "run.jsonl"] == []
                self.check_refused(outcome, 74, "hogwild", options[1], "No space left")

    def test_a_killed_rank_ends_the_job(self):
        """No rank is left waiting for it, and no model appears."""
        process = command.start(
            command.hogwild_command(3, *self.good, "--iterations", "1000000000", "--patience", "0",
                                    "--evaluate-every", "0", "--model", "model.h5", "--log",
                                    "run.jsonl"),
            cwd=self.dir, env={**os.environ, "TMPDIR": str(self.shared)},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            ranks = wait_for(lambda: children_of(process.pid, 3))
            wait_for(lambda: (self.dir / "run.jsonl").exists()
                     and len(command.read_json_lines(self.dir / "run.jsonl")) >= 1)
            os.kill(ranks[1], 9)
            assert process.wait(20) != 0
        finally:
            command.end_group(process)
        assert "model.h5" not in self.names()
        # the next run is not hindered by what this one left
        self.check(command.hogwild(1, *self.good, "--iterations", "1", "--model", "model.h5",
                                   "--log", "run.jsonl", cwd=self.dir))
        assert self.names() == ["model.h5", "run.jsonl"]


def children_of(parent, count):
    listing = subprocess.run(["ps", "-o", "pid=,comm=", "--ppid", str(parent)], text=True,
                             stdout=subprocess.PIPE).stdout.split("\n")
    pids = [int(line.split()[0]) for line in listing if line.endswith("hogwild")]
    return pids if len(pids) == count else None


def wait_for(condition, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("waited in vain")
