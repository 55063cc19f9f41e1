"""The converters' outputs: replaced, interrupted, on full disks; long conversions."""
import fcntl
import os
import random
import re
import signal
import subprocess
import time

import pytest

import command
from converter_case import ConverterTest, read_ids

pytestmark = [pytest.mark.slow]


class TestOutputs(ConverterTest):
    """Which files are there afterwards, also when there were some before."""

    def setup_method(self):
        self.documents = command.make_documents(30)
        self.options = self.text(self.documents)
        self.inputs = self.names()

    def outputs(self):
        return [name for name in self.names() if name not in self.inputs]

    def test_one_file_and_shard_sets_replace_each_other(self):
        shards = {n: [path.name for path in command.shards_of(self.dir / "a.h5", n)]
                  for n in (2, 3)}
        for count, expected in [(1, ["a.h5"]), (3, shards[3]), (2, shards[2]), (1, ["a.h5"])]:
            with self.subtests.test(shards=count):
                self.convert(*self.options, "--output", "a.h5", "--shards", str(count))
                assert self.outputs() == expected
                self.check(command.tool("hdf5_inspect", "--verify", self.dir / "a.h5"))

    def test_files_of_other_names_stay(self):
        others = ["a.h5.txt", "a.shard-00000-of-00002.txt", "a.shard-0-of-2.h5", "a2.h5",
                  "ba.shard-00000-of-00002.h5"]
        for name in others:
            (self.dir / name).write_text(name)
        self.convert(*self.options, "--output", "a.h5", "--shards", "2")
        self.convert(*self.options, "--output", "a.h5")
        assert self.outputs() == sorted(others + ["a.h5"])

    def test_a_refused_conversion_keeps_what_was_there(self):
        self.convert(*self.options, "--output", "a.h5")
        before = (self.dir / "a.h5").read_bytes()
        command.write_topics(self.options[3], self.documents[1:])
        self.refuse(65, *self.options, "--output", "a.h5")
        assert (self.dir / "a.h5").read_bytes() == before

    def test_what_a_killed_conversion_left_is_no_obstacle(self):
        (self.dir / ".a.h5.hogwild-lock").touch()
        self.convert(*self.options, "--output", "a.h5")
        assert self.outputs() == ["a.h5"]

    def test_two_conversions_at_a_time_are_refused(self):
        with open(self.dir / ".a.h5.hogwild-lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.refuse(73, *self.options, "--output", "a.h5", says=("a.h5", "still writing"))

    def test_quiet_says_nothing(self):
        outcome = self.convert(*self.options, "--output", "a.h5", "--quiet")
        assert (outcome.out, outcome.err) == ("", "")

    def test_output_that_cannot_be_created(self):
        (self.dir / "file").write_text("")
        (self.dir / "folder.h5").mkdir()
        for output in ["file/a.h5", "missing/a.h5", "/proc/a.h5", "folder.h5", "x" * 300 + ".h5"]:
            with self.subtests.test(output=output[:20]):
                self.refuse(73, *self.options, "--output", output, says=(output[:20],))

    def test_output_that_is_no_file(self):
        """/dev/null must not become one."""
        os.mkfifo(self.dir / "pipe.h5")
        self.refuse(73, *self.options, "--output", "pipe.h5", says=("pipe.h5",))
        assert (self.dir / "pipe.h5").is_fifo()

    def test_input_that_cannot_be_read(self):
        (self.dir / "folder").mkdir()
        (self.dir / "loop").symlink_to("loop")
        for name in ["missing.dat", "folder", "vectors.dat/x", "loop"]:
            with self.subtests.test(name=name):
                self.refuse(66, "--vectors", name, *self.options[2:], "--output", "a.h5",
                            says=(name,))
                self.refuse(66, *self.options[:2], "--topics", name, "--output", "a.h5",
                            says=(name,))

    def test_output_named_like_an_input_is_refused(self):
        before = self.options[1].read_bytes()
        outcome = command.tool(self.program, *self.options, "--output", self.options[1])
        assert self.options[1].read_bytes() == before, str(outcome)
        self.check_refused(outcome, 2, self.program)

    def test_usage(self):
        output = ("--output", "a.h5")
        for arguments in [(), self.options,
                          (*self.options[:2], *output, "--allow-unlabelled"),
                          (*self.options[2:], *output),
                          (*self.options, *output, "--no-such-option"),
                          (*self.options, *output, "--comp"),
                          (*self.options, "--out", "a.h5"),
                          (*self.options, *output, "stray"),
                          (*self.options, *output, *output),
                          (*self.options, *output, "--shards", "0"),
                          (*self.options, *output, "--shards=-1"),
                          (*self.options, *output, "--shards", "100000"),
                          (*self.options, *output, "--shards", "two"),
                          (*self.options, *output, "--shards", "%value%"),
                          (*self.options, *output, "--shards"),
                          (*self.options, *output, "--shuffle-seed=-1"),
                          (*self.options, *output, "--features=-1"),
                          (*self.options, *output, "--features", "2147483648"),
                          (*self.options, *output, "--no-shuffle", "--shuffle-seed", "1")]:
            with self.subtests.test(arguments=arguments):
                self.refuse(2, *arguments)

    @pytest.mark.parametrize(
        "program",
        ["rcv1_to_hdf5", "svmlight_to_hdf5", "hdf5_to_svmlight", "hdf5_inspect", "rcv1_synthesize"],
    )
    def test_help_and_version(self, program):
        outcome = self.check(command.tool(program, "--help"))
        assert outcome.out.startswith("usage: " + program), str(outcome)
        assert outcome.err == ""
        outcome = self.check(command.tool(program, "--version"))
        assert re.search(rf"^{program} \d+\.\d+.*HDF5 \d+\.\d+", outcome.out)


class TestLongConversions(ConverterTest):
    """A text of about 60 MB, whose documents do not fit into the spool's memory."""
    TERMS = 150

    @classmethod
    def setup_class(cls):
        draw = random.Random(7)
        bodies = ["  " + " ".join(f"{t}:{draw.randint(1, 9)}" for t in
                                  sorted(draw.sample(range(10, 500), cls.TERMS)))
                  for _ in range(200)]
        cls.count = 66_000
        with open(cls.shared / "vectors.dat", "w") as vectors, \
                open(cls.shared / "topics.qrels", "w") as topics:
            for n in range(cls.count):
                vectors.write(f"{1000 + n}{bodies[n % 200]}\n")
                topics.write(f"{'CCAT' if n % 2 else 'ECAT'} {1000 + n} 1\n")
        cls.command = [command.BIN / "rcv1_to_hdf5", "--vectors", cls.shared / "vectors.dat",
                       "--topics", cls.shared / "topics.qrels", "--quiet", "--output"]
        started = time.monotonic()
        code, cls.peak, cls.peak_before = command.peak_memory([*cls.command, cls.shared / "a.h5"])
        cls.seconds = time.monotonic() - started
        assert code == 0, "the conversion fails"
        cls.size = (cls.shared / "a.h5").stat().st_size

    def test_memory_is_bounded(self):
        megabytes = (self.shared / "vectors.dat").stat().st_size >> 20
        assert megabytes > 50
        if self.peak_before > 150 << 20:
            pytest.skip("this Python is too large to see what its children take")
        assert self.peak < 200 << 20, f"bytes for a text of {megabytes} MB"

    def test_shuffle_reaches_from_end_to_end(self):
        ids = read_ids(self.shared / "a.h5")
        assert sorted(ids) == list(range(1000, 1000 + self.count))
        for first in range(0, self.count, self.count // 8):
            part = ids[first:first + 500]
            assert min(part) < 1000 + self.count // 20
            assert max(part) > 1000 + self.count - self.count // 20

    def interrupt(self, number, delay, *options):
        """@return whether the conversion had been faster."""
        process = command.start([*self.command, self.dir / "a.h5", *options],
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            time.sleep(delay)
            process.send_signal(number)
            code = process.wait(20)
        finally:
            command.end_group(process)
        assert code in (0, -number)
        if code == 0 or [name for name in self.names() if name.endswith(".h5")]:
            # all or nothing: a signal may come when the outputs are in place, but the exit is not
            self.check(command.tool("hdf5_inspect", self.dir / "a.h5"))
            return True
        return False

    def check_interrupts(self, number, *options):
        """SIGKILL may leave temporary files and a lock that nobody holds, the others nothing."""
        draw = random.Random()
        shares = [0.02, 0.3, 0.6, 0.85, 0.95]
        if number == signal.SIGKILL:  # while the spool goes to disk, there is more to leave behind
            shares += [0.4, 0.45, 0.5, 0.55, 0.65]
        delays = [self.seconds * share * draw.uniform(0.9, 1.1) for share in shares]
        interrupted = 0
        for delay in delays:
            with self.subtests.test(delay=delay):
                finished = self.interrupt(number, delay, *options)
                interrupted += not finished
                left = self.names()
                for name in left:
                    (self.dir / name).unlink()
                if number == signal.SIGKILL:
                    left = [name for name in left if name not in command.own_files(left)]
                if not finished:
                    assert left == []
        assert interrupted > 0

    def test_interrupted_by_sigint(self):
        self.check_interrupts(signal.SIGINT)

    def test_interrupted_by_sigterm(self):
        self.check_interrupts(signal.SIGTERM)

    def test_interrupted_with_shards(self):
        self.check_interrupts(signal.SIGTERM, "--shards", "3")

    def test_interrupted_by_sigkill(self):
        self.check_interrupts(signal.SIGKILL)

    def test_interrupted_conversions_keep_the_old_dataset(self):
        documents = command.make_documents(20)
        for number in (signal.SIGTERM, signal.SIGKILL):
            with self.subtests.test(signal=number):
                delay = self.seconds
                code = 0
                while code == 0:  # done already: the machine has become faster
                    delay /= 2
                    old = command.convert(documents, self.dir / "a.h5").read_bytes()
                    process = command.start([*self.command, self.dir / "a.h5"])
                    time.sleep(delay)
                    process.send_signal(number)
                    code = process.wait(20)
                assert code == -number
                assert (self.dir / "a.h5").read_bytes() == old

    def check_full_disk(self, size, *options):
        outcome, left = command.on_small_disk(self.dir, size, [*self.command, "a.h5", *options])
        assert outcome.code in (73, 74), str(outcome)
        assert left == [], str(outcome)
        self.check_refused(outcome, outcome.code, "rcv1_to_hdf5", "No space left")

    def test_full_disk(self):
        megabyte = 1 << 20
        for size in (megabyte, 40 * megabyte, 70 * megabyte, self.size * 3 // 4,
                     self.size - megabyte):
            with self.subtests.test(size=size):
                self.check_full_disk(size)

    def test_full_disk_with_shards(self):
        self.check_full_disk(self.size * 3 // 4, "--shards", "3")

    def test_full_disk_with_a_small_text(self):
        """Disks that lack a few pages: the last bytes written are those of HDF5's closing."""
        documents = command.make_documents(1500)
        vectors = command.write_vectors(self.shared / "small.dat", documents)
        topics = command.write_topics(self.shared / "small.qrels", documents)
        base = [command.BIN / "rcv1_to_hdf5", "--vectors", vectors, "--topics", topics, "--quiet",
                "--output", "a.h5"]
        outcome, left = command.on_small_disk(self.dir, "4m", base)
        self.check(outcome)
        assert left == ["a.h5"]
        self.check(command.tool("rcv1_to_hdf5", *base[1:], cwd=self.dir))
        pages = -(-(self.dir / "a.h5").stat().st_size // 4096)
        for size in (1, 2, pages // 4, pages // 2, pages - 8, pages - 4, pages - 2, pages - 1):
            with self.subtests.test(pages=f"{size} of {pages}"):
                outcome, left = command.on_small_disk(self.dir, 4096 * size, base)
                if outcome.code == 0:  # it can be that the last page was never needed
                    assert left == ["a.h5"]
                    assert size > pages - 8
                    continue
                assert outcome.code in (73, 74), str(outcome)
                assert left == [], str(outcome)
                self.check_refused(outcome, outcome.code, "rcv1_to_hdf5", "a.h5", "No space left")
