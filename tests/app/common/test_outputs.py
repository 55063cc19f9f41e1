"""Outputs of all commands: whose files are touched, links, modes, pipes and standard output."""
import fcntl
import os
import signal
import subprocess
import time

import pytest

import command

pytestmark = [pytest.mark.mpi, pytest.mark.slow]
CCAT = ("--category", "CCAT")
SHORT = ("--iterations", "20", "--evaluate-every", "10")
GRID = ("--learning-rate", "0.1,0.2", *SHORT)


class OutputsTest(command.Case):
    @classmethod
    def setup_class(cls):
        cls.documents = command.make_documents(200)
        cls.data = command.convert(cls.documents, cls.shared / "data.h5")
        cls.model = cls.shared / "model.h5"
        outcome = command.hogwild(None, "train", "--train", cls.data, *CCAT, *SHORT, "--model",
                                  cls.model, "--quiet")
        assert outcome.code == 0, outcome
        cls.text = cls.shared / "data.svm"
        cls.text.write_text("".join(d.svmlight_line("CCAT") for d in cls.documents))

    def hogwild(self, *words, ranks=None, **options):
        return command.hogwild(ranks, *words, cwd=self.dir, **options)

    def train(self, *words, **options):
        return self.hogwild("train", "--train", self.data, *CCAT, *SHORT, *words, **options)

    def predict(self, *words, **options):
        return self.hogwild("predict", "--model", self.model, "--data", self.data, *words,
                            **options)

    def sweep(self, *words, **options):
        return self.hogwild("sweep", "--train", self.data, *CCAT, *GRID, *words, **options)

    def to_text(self, output, **options):
        return command.tool("hdf5_to_svmlight", "--input", self.data, *CCAT, "--output", output,
                            cwd=self.dir, **options)

    def convert(self, output, *words):
        return command.tool("svmlight_to_hdf5", "--input", self.text, "--output", output,
                            "--quiet", *words, cwd=self.dir)

    def write_all(self, prefix="", suffix=""):
        """Every output of every command, under a name of its own."""
        def name(plain):
            return f"{prefix}{plain}{suffix}"
        self.check(self.train("--quiet", "--model", name("m.h5"), "--log", name("run.jsonl"),
                              "--checkpoint", name("c.h5")))
        self.check(self.predict("--quiet", "--output", name("scores.txt")))
        self.check(self.sweep("--quiet", "--csv", name("sweep.csv"), "--best", name("best.ini"),
                              "--state", name("state.jsonl")))
        self.check(self.to_text(name("text.svm")))
        self.check(self.convert(name("set.h5")))
        return [name(plain) for plain in ("m.h5", "run.jsonl", "c.h5", "scores.txt", "sweep.csv",
                                          "best.ini", "state.jsonl", "text.svm", "set.h5")]


class TestFilesOfTheUser(OutputsTest):
    def test_nothing_but_outputs_is_touched(self):
        names = self.write_all()
        (self.dir / "victim").write_text("precious")
        for name in names:
            for suffix in (".part", ".lock", ".tmp", "~"):
                (self.dir / (name + suffix)).write_text("my " + name + suffix)
            for form in (".{}.hogwild-1", "{}.part.part"):
                (self.dir / form.format(name)).symlink_to("victim")
            (self.dir / f".{name}.hogwild-0123456789abcdef01234567").write_text("mine")
        planted = {p.name: (p.is_symlink(), p.read_text()) for p in self.dir.iterdir()
                   if p.name not in (*names, "c.prev.h5")}
        for _ in range(2):
            self.write_all()
        (self.dir / "c.prev.h5").unlink(missing_ok=True)  # an output too
        left = {p.name: (p.is_symlink(), p.read_text()) for p in self.dir.iterdir()
                if p.name not in names}
        assert left == planted

    def test_an_input_called_like_a_lock_or_a_temporary_file_of_old(self):
        for name, source in (("p.lock", self.model), ("p.part", self.data)):
            (self.dir / name).write_bytes(source.read_bytes())
        outcome = command.hogwild(None, "predict", "--model", "p.lock", "--data", "p.part",
                                  "--output", "p", "--quiet", cwd=self.dir)
        self.check(outcome)
        assert (self.dir / "p.lock").read_bytes() == self.model.read_bytes()
        assert (self.dir / "p.part").read_bytes() == self.data.read_bytes()
        assert self.names() == ["p", "p.lock", "p.part"]

    def test_outputs_called_like_locks_and_temporary_files_of_old(self):
        self.check(self.train("--quiet", "--model", "m", "--log", "m.part", "--checkpoint",
                              "m.lock"))
        assert command.read_json_lines(self.dir / "m.part")[-1]["verdict"] == "VALID"
        assert [i["schema"] for i in command.inspect(self.dir / "m", self.dir / "m.lock")] == [
            "hogwild.model",
            "hogwild.checkpoint",
        ]

    def test_a_lock_that_is_none(self):
        """Named, with what to do, and kept."""
        for name in ("m.h5.lock", ".m.h5.hogwild-lock"):
            with self.subtests.test(name=name):
                (self.dir / name).mkdir()
                self.check_refused(self.train("--model", "m.h5"), 73, "hogwild", name, "remove it")
                (self.dir / name).rmdir()
        (self.dir / ".m.h5.hogwild-lock").write_text("mine")
        self.check_refused(self.train("--model", "m.h5"), 73, "hogwild", ".m.h5.hogwild-lock")
        assert (self.dir / ".m.h5.hogwild-lock").read_text() == "mine"
        assert self.names() == [".m.h5.hogwild-lock"]

    def test_the_next_run_removes_what_a_killed_one_left(self):
        words = [command.BIN / "rcv1_synthesize", "--output-dir", self.dir, "--quiet"]
        process = command.start([*words, "--train-documents", "100000000"])
        try:
            deadline = time.monotonic() + 30
            while len(command.own_files(self.names())) < 12:
                assert time.monotonic() < deadline
                time.sleep(0.01)
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait(20)
        left = self.names()
        assert left == command.own_files(left), "what a kill leaves is ours"
        assert len(left) == 12, "six temporary files and their locks"
        self.check(command.run([*words, "--train-documents", "10", "--test-documents", "10"]))
        assert command.own_files(self.names()) == []
        assert len(self.names()) == 6


class TestLinksAndModes(OutputsTest):
    def test_modes_are_kept(self):
        names = self.write_all()
        for mode in (0o600, 0o640):
            for name in names:
                (self.dir / name).chmod(mode)
            self.write_all()
            for name in names:
                with self.subtests.test(name=name):
                    assert (self.dir / name).stat().st_mode & 0o777 == mode

    def test_links_are_written_through(self):
        """Also those to files that are not there yet."""
        (self.dir / "disk").mkdir()
        plain = ("m.h5", "run.jsonl", "c.h5", "scores.txt", "sweep.csv", "best.ini", "state.jsonl",
                 "text.svm", "set.h5")
        for name in plain:
            (self.dir / name).symlink_to(f"disk/real-{name}")
        for _ in range(2):
            self.write_all()
            for name in plain:
                with self.subtests.test(name=name):
                    assert (self.dir / name).is_symlink()
                    assert (self.dir / "disk" / f"real-{name}").stat().st_size > 0
        self.check(self.train("--quiet", "--checkpoint", "c.h5", "--resume"))
        # the checkpoint before it lies beside the file, which may be on another disk than the link
        assert (self.dir / "disk/real-c.prev.h5").exists()
        assert self.names() == sorted((*plain, "disk"))

    def test_links_in_circles(self):
        (self.dir / "a").symlink_to("b")
        (self.dir / "b").symlink_to("a")
        for outcome, program in ((self.train("--model", "a"), "hogwild"),
                                 (self.predict("--output", "a"), "hogwild"),
                                 (self.to_text("a"), "hdf5_to_svmlight"),
                                 (self.convert("a"), "svmlight_to_hdf5")):
            self.check_refused(outcome, 73, program, "a: ", "symbolic links")
        assert self.names() == ["a", "b"]

    def test_one_file_under_two_names_is_written_by_one_run(self):
        (self.dir / "disk").mkdir()
        (self.dir / "link.h5").symlink_to("disk/m.h5")
        with open(self.dir / "disk/.m.h5.hogwild-lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for name in ("link.h5", "disk/m.h5"):
                self.check_refused(self.train("--model", name), 73, "hogwild", name,
                                   "still writing")

    def test_a_planted_link_is_not_followed(self):
        """In a folder such as /tmp others can put a link in the place of an output."""
        if os.geteuid() != 0:
            pytest.skip("needs a second user's link")
        (self.dir / "victim").write_text("precious")
        shared = self.dir / "shared"
        shared.mkdir()
        shared.chmod(0o1777)
        (shared / "scores.txt").symlink_to("../victim")
        os.chown(shared / "scores.txt", 65534, 65534, follow_symlinks=False)
        outcome = self.predict("--output", "shared/scores.txt", "--force")
        self.check_refused(outcome, 73, "hogwild", "shared/scores.txt", "link of another user")
        assert (self.dir / "victim").read_text() == "precious"


class TestStreams(OutputsTest):
    STDOUT = ("-", "/dev/stdout", "/dev/fd/1")

    def test_text_of_a_tool(self):
        self.check(self.to_text("text.svm"))
        text = (self.dir / "text.svm").read_text()
        for name in self.STDOUT:
            outcome = self.check(self.to_text(name))
            assert (outcome.out, outcome.err) == (text, "")
        self.check(self.to_text("/dev/null"))
        assert self.names() == ["text.svm"]

    def test_scores(self):
        """And their summary apart from them."""
        self.check(self.predict("--output", "scores.txt"))
        scores = (self.dir / "scores.txt").read_text()
        for ranks in (None, 2):
            for name in self.STDOUT:
                outcome = self.check(self.predict("--output", name, ranks=ranks))
                assert outcome.out == scores
                assert "200 documents scored; accuracy" in outcome.err
        outcome = self.check(self.predict("--output", "/dev/stderr", "--quiet"))
        assert (outcome.out, outcome.err) == ("", scores)
        assert self.names() == ["scores.txt"]

    def test_log(self):
        for name in self.STDOUT:
            outcome = self.check(self.train("--log", name))
            events = [command.json.loads(line)["event"] for line in outcome.out.splitlines()]
            assert (events[0], events[-1]) == ("start", "result")
            assert "VALID" in outcome.err
        outcome = self.check(self.train("--log", "/dev/stderr", "--quiet"))
        assert command.json.loads(outcome.err.splitlines()[-1])["verdict"] == "VALID"
        # what was there before a resumed run cannot be taken back
        self.check(self.train("--checkpoint", "c.h5", "--quiet"))
        outcome = self.check(self.train("--checkpoint", "c.h5", "--resume", "--log", "-"))
        assert command.json.loads(outcome.out.splitlines()[0])["event"] == "start"
        assert "-" not in self.names()

    def test_sweep(self):
        self.check(self.sweep("--csv", "sweep.csv", "--best", "best.ini", "--strategy",
                              "sequential", "--state", "state.jsonl", "--quiet"))
        for option, name in (("--csv", "sweep.csv"), ("--best", "best.ini")):
            outcome = self.check(self.sweep(option, "-", "--strategy", "sequential", "--state",
                                            "state.jsonl"))
            assert outcome.out == (self.dir / name).read_text()
            assert "objective" in outcome.err

    def test_standard_output_that_is_a_file_is_not_emptied(self):
        with open(self.dir / "all.txt", "w") as out:
            out.write("before\n")
            out.flush()
            # Not /dev/stdout: a program that replaced it would do so for the whole machine.
            for name in ("-", "/dev/fd/1"):
                process = command.start([command.BIN / "hdf5_to_svmlight", "--input", self.data,
                                         *CCAT, "--output", name], stdout=out,
                                        cwd=self.dir)
                assert process.wait(60) == 0
        text = "".join(d.svmlight_line("CCAT") for d in self.documents)
        lines = (self.dir / "all.txt").read_text().splitlines()
        assert lines[0] == "before"
        assert len(lines) == 1 + 2 * len(text.splitlines())

    def test_a_named_pipe(self):
        os.mkfifo(self.dir / "pipe")
        self.check(self.predict("--output", "scores.txt"))
        with open(self.dir / "got", "wb") as got:
            reader = command.start(["cat", self.dir / "pipe"], stdout=got)
            self.check(self.predict("--output", "pipe", ranks=2))
            assert reader.wait(20) == 0
        assert (self.dir / "got").read_bytes() == (self.dir / "scores.txt").read_bytes()
        assert (self.dir / "pipe").is_fifo()
        assert self.names() == ["got", "pipe", "scores.txt"]

    def test_a_reader_that_leaves(self):
        """Neither hangs nor crashes: an ordinary write error."""
        big = command.convert(command.make_documents(20_000), self.shared / "big.h5")
        for words in ([command.BIN / "hdf5_to_svmlight", "--input", big, *CCAT],
                      command.hogwild_command(None, "predict", "--model", self.model, "--data",
                                              big)):
            process = command.start([*words, "--output", "-"], stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE, universal_newlines=True)
            process.stdout.readline()
            process.stdout.close()
            err = process.stderr.read()
            process.stderr.close()
            assert process.wait(60) == 74, err
            assert "-: Broken pipe" in err

    def test_what_needs_a_file(self):
        """HDF5 and the state of a sweep, which is read again."""
        os.mkfifo(self.dir / "pipe")
        for name in (*self.STDOUT, "/dev/null", "pipe"):
            for outcome, program in (
                    (self.train("--model", name), "hogwild"),
                    (self.train("--checkpoint", name), "hogwild"),
                    (self.sweep("--state", name), "hogwild"),
                    (self.convert(name), "svmlight_to_hdf5")):
                self.check_refused(outcome, 73, program, name + ": is a", "not a file")
        assert self.names() == ["pipe"]
