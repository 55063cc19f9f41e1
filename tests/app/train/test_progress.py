"""What a run shows while it goes on: one line in place on a terminal, few lines elsewhere, and how
to go on after a stop."""
import fcntl
import os
import pty
import re
import shlex
import signal
import struct
import subprocess
import termios
import time

import pytest

import command

pytestmark = [pytest.mark.mpi]

COLUMNS = 60
LINE = re.compile(r"epoch \S+( of \S+(, \d+ \S+ left)?)?(: validation objective .*)?")


def on_terminal(words, columns=COLUMNS, **options):
    """Runs a command with all its output on a terminal of its own. @return code and output."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen([str(word) for word in words], stdin=subprocess.DEVNULL,
                               stdout=slave, stderr=slave, start_new_session=True, **options)
    os.close(slave)
    signal.alarm(120)  # where the command hangs, the test ends
    output = b""
    try:
        while True:
            read = os.read(master, 65536)
            if not read:
                break
            output += read
    except OSError:  # EIO: the last process has closed it
        pass
    os.close(master)
    code = process.wait()
    signal.alarm(0)
    return code, output.decode()


class TestProgress(command.Case):
    @classmethod
    def setup_class(cls):
        cls.data = command.convert(command.make_documents(600), cls.shared / "train.h5")

    def words(self, ranks, *options):
        return command.hogwild_command(ranks, "train", "--train", self.data, "--category", "CCAT",
                                       "--patience", "0", *options)

    def train_on_terminal(self, ranks, *options):
        code, output = on_terminal(self.words(ranks, *options), cwd=self.dir)
        assert code == 0, output
        return output

    def test_one_line_is_rewritten_on_a_terminal(self):
        output = self.train_on_terminal(None, "--epochs", "300")
        before, _, after = output.rpartition("\r\n\r\n")[0].partition("\r\n")
        assert before.startswith("\r"), repr(output)
        shown = [text for text in before.split("\r") if text]
        assert len(shown) >= 1
        for text in shown:
            assert text.endswith("\033[K"), repr(text)
            assert len(text[:-3]) < COLUMNS
            assert text.startswith("epoch "), repr(text)
        assert shown[-1].startswith("epoch 300: validation objective 0."), repr(shown[-1])
        assert "accuracy +1" in after.splitlines()[0]

    def test_moves_between_evaluations(self):
        """Also without a checkpoint, at which ranks pause, and with all strategies."""
        for ranks, strategy, epochs in ((None, "sequential", 20000), (2, "lock-free", 10000),
                                        (2, "synchronous", 2000), (2, "downpour", 1000)):
            if ranks and command.launcher_forgets_codes():
                continue  # MPICH's mpiexec does not forward to the terminal itself
            with self.subtests.test(strategy=strategy):
                output = self.train_on_terminal(
                    ranks, "--strategy", strategy, "--epochs", epochs, "--batch-size", "1",
                    "--evaluate-every", "0")
                shown = re.findall(rf"\repoch (\S+) of {epochs}(?:, \d+ \S+ left)?\033\[K", output)
                assert len(shown) >= 2, repr(output)
                assert shown == sorted(shown, key=float)
                assert 0 < float(shown[0]) < float(shown[-1]) < epochs
                assert f"\repoch {epochs}: validation objective 0." in output

    def test_a_file_gets_lines_between_evaluations_if_these_are_rare(self):
        epochs = 20000
        outcome = self.check(command.run(self.words(
            None, "--epochs", epochs, "--batch-size", "1", "--evaluate-every", "0")))
        lines = outcome.err.splitlines()
        between = [line for line in lines if f" of {epochs}" in line]
        assert 2 <= len(between) <= 20, outcome.err
        assert not any("objective" in line for line in between)
        assert lines[-1].startswith(f"epoch {epochs}: validation objective 0.")

    def test_a_sweep(self):
        words = command.hogwild_command(
            2, "sweep", "--train", self.data, "--category", "CCAT", "--epochs", "20000",
            "--batch-size", "1", "--learning-rate", "1e200,0.02,0.05,0.1")
        if command.launcher_forgets_codes():
            pytest.skip("MPICH's mpiexec does not forward to the terminal itself")
        code, output = on_terminal(words, columns=200, cwd=self.dir)
        assert code == 0, output
        assert re.search(r"\rtraining 1 of 4(, \d+ \S+ left)?: \S+ \S+ --seed 1: epoch ", output)
        assert re.search(r"\rtraining 4 of 4: --learning-rate \S+ --seed 1: objective ", output)
        # a failure stays on a line of its own
        failure = r"training \d of 4.*: --learning-rate 1e200 --seed 1: INVALID: .*\r\n"
        assert re.search(failure, output)
        assert output.count("\ntraining") <= 2, repr(output)

    def test_under_mpirun_too(self):
        if command.launcher_forgets_codes():
            pytest.skip("MPICH's mpiexec does not forward to the terminal itself")
        output = self.train_on_terminal(2, "--epochs", "100")
        assert "\repoch " in output
        assert not re.search(r"\nepoch .*\nepoch ", output)

    @pytest.mark.parametrize("ranks", (None, 2))
    def test_colour_is_for_terminals_that_want_it(self, ranks):
        if ranks and command.launcher_forgets_codes():
            pytest.skip("MPICH's mpiexec does not forward to the terminal itself")
        words = self.words(ranks, "--epochs", "2")
        green = "\n\033[1;32mVALID\033[0m\r\n"
        for settings, coloured in (({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True),
                                   ({"TERM": "dumb"}, False)):
            environment = {k: v for k, v in os.environ.items() if k != "NO_COLOR"}
            environment = {**environment, "TERM": "xterm", **settings}
            with self.subtests.test(settings=settings):
                code, output = on_terminal(words, cwd=self.dir, env=environment)
                assert code == 0, output
                # mpirun may forward the table before the last of the progress
                assert (green in output) == coloured, repr(output)
                assert ("\nVALID\r\n" in output) == (not coloured), repr(output)
        assert "\033" not in command.run(words, cwd=self.dir).out, "a pipe"

    def test_quiet(self):
        assert self.train_on_terminal(None, "--epochs", "3", "--quiet") == ""

    def test_a_file_of_mpirun_gets_lines_though_a_terminal_is_near(self):
        words = " ".join(shlex.quote(str(w)) for w in self.words(2, "--epochs", "30"))
        code, output = on_terminal(["bash", "-c", f"{words} 2>err"], cwd=self.dir)
        assert code == 0, output
        assert "\033[K" not in output
        assert "\r" not in (self.dir / "err").read_text()
        assert "epoch 30: " in (self.dir / "err").read_text()

    def test_a_file_gets_few_lines_however_long_the_run(self):
        for epochs, most in ((10, 10), (300, 22)):
            outcome = self.check(command.run(self.words(2, "--epochs", epochs), cwd=self.dir))
            lines = [line for line in outcome.own_lines() if not line.startswith("hogwild: ")]
            assert len(lines) <= most
            assert len(lines) >= min(epochs, 15)
            for line in lines:
                assert re.search(LINE, line)
            assert re.search(f" of {epochs}[,:] ", lines[0])
            assert lines[-1].startswith(f"epoch {epochs}: "), lines[-1]

    def test_verbose_says_iterations(self):
        outcome = self.check(command.run(self.words(None, "--epochs", "3", "--verbose")))
        assert re.search(r"epoch 1 .*; iteration \d+, \d+\.\d+ s of training", outcome.err)

    def test_how_to_go_on(self):
        """The command that a stopped run prints goes on from where it was."""
        for ranks in (None, 2):
            with self.subtests.test(ranks=ranks):
                saved = self.dir / f"it's {ranks}.h5"
                options = ("--epochs", "10000000", "--checkpoint", saved, "--max-time", "0.5s")
                outcome = command.run(self.words(ranks, *options), cwd=self.dir)
                self.check(outcome, 75)
                lines = [line for line in outcome.own_lines() if not line.startswith("epoch ")]
                at = next(i for i, line in enumerate(lines) if "stopped by" in line)
                assert re.search(r"^hogwild: stopped by --max-time at epoch \S+ of 10000000, "
                                 r"saved in .*; to go on, with --resume:$", lines[at])
                again = shlex.split(lines[at + 1])
                assert (again[:3] == ["mpirun", "-np", "2"]) == (ranks == 2)
                assert again[-1] == "--resume"
                assert str(saved) in again
                assert ("no error" in outcome.err) == (ranks == 2)
                path = f"{command.BIN}:{os.environ['PATH']}"
                second = command.run(again, cwd=self.dir, env={**os.environ, "PATH": path})
                self.check(second, 75)
                assert lines[at + 1] == next(
                    line for line in second.err.splitlines() if line.endswith("--resume"))


class TestConversions(command.Case):
    def test_a_terminal_shows_how_long_it_takes(self):
        """And has no line left of it at the end."""
        words = (command.BIN / "rcv1_synthesize", "--train-documents", "5000",
                 "--test-documents", "200000", "--output-dir", self.dir)
        started = time.monotonic()
        code, output = on_terminal(words, columns=100)
        assert code == 0, output
        if time.monotonic() - started < 1.5:
            pytest.skip("work that is done within a second shows nothing")
        shown = [text for text in output.split("\r") if " %" in text]
        assert shown, repr(output)
        for text in shown:
            assert re.search(r"^\d+ %, \d+ s left: synthesising\033\[K$", text)
        assert "synthesising\033[K\r\033[K5000 train" in output
