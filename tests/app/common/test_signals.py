"""How commands and tools end when a signal or a limit ends them: one line, nothing left behind."""
import os
import signal
import subprocess
import time

import pytest

import command

pytestmark = [pytest.mark.mpi]
FOR_EVER = ("--epochs", "100000000", "--patience", "0")
CCAT = ("--category", "CCAT")


class TestSignals(command.Case):
    @classmethod
    def setup_class(cls):
        cls.data = command.convert(command.make_documents(600, seed=3), cls.shared / "train.h5")

    def send_signal(self, words, number, program="hogwild"):
        """Sends the signal as soon as the program has made a file. @return its exit code and lines
        on stderr."""
        before = set(self.names())
        errors = self.shared / "stderr"
        with errors.open("w") as stderr:
            process = command.start(words, cwd=self.dir, stderr=stderr, stdout=subprocess.DEVNULL)
        self.at_end(command.end_group, process)
        deadline = time.monotonic() + 60
        while set(self.names()) == before:
            assert process.poll() is None, errors.read_text()
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(number)
        code = process.wait(30)
        lines = [line for line in errors.read_text().splitlines()
                 if line.startswith(program + ": ")]
        assert all("stopped by SIG" in line for line in lines), lines
        return code, lines

    def interrupt(self, *arguments):
        """As send_signal(). @return the exit code."""
        code, lines = self.send_signal(*arguments)
        assert len(lines) == 1, lines
        return code

    @pytest.mark.parametrize(
        "name, options, stays",
        (
            ("train", (*FOR_EVER, "--model", "m.h5", "--log", "l"), ["l"]),
            ("sweep", (*FOR_EVER, "--lambda", "1e-4,1e-5", "--csv", "c", "--best", "b"), []),
        ),
    )
    @pytest.mark.parametrize("number", (signal.SIGINT, signal.SIGTERM, signal.SIGHUP))
    def test_commands(self, name, options, stays, number):
        code = self.interrupt(command.hogwild_command(
            None, name, "--train", self.data, *CCAT, "--quiet", *options), number)
        assert code == -number
        assert [n for n in self.names() if n not in stays] == []
        for left in self.names():
            (self.dir / left).unlink()

    def test_two_ranks(self):
        # Open MPI's mpirun, sent SIGTERM, sometimes ends without the ranks' last line. It gives
        # them a second, too, which is not enough where others use the cores.
        for _ in range(4):
            code, lines = self.send_signal(command.hogwild_command(
                2, "train", "--train", self.data, *CCAT, "--quiet", *FOR_EVER, "--model", "m.h5"),
                signal.SIGTERM)
            if not command.launcher_forgets_codes():
                assert code != 0
            assert len(lines) <= 1, lines
            if lines:
                assert self.names() == []
                return
            for left in self.names():
                (self.dir / left).unlink()
        pytest.fail("no run said what ended it")

    def test_a_converter_that_waits_for_its_input(self):
        os.mkfifo(self.shared / "input")
        feeder = os.open(self.shared / "input", os.O_RDWR)
        self.at_end(os.close, feeder)
        code = self.interrupt([command.BIN / "svmlight_to_hdf5", "--input", self.shared / "input",
                               "--output", "a.h5"], signal.SIGINT, "svmlight_to_hdf5")
        assert code == -signal.SIGINT
        assert self.names() == []


class TestLimits(command.Case):
    def test_size_of_files(self):
        text = "".join(label + "".join(f" {k}:1" for k in range(1 + i, 60001, 200)) + "\n"
                       for i, label in enumerate(["+1", "-1"] * 100))
        command.write_text(self.shared / "t.svm", text)
        self.check(command.tool("svmlight_to_hdf5", "--input", self.shared / "t.svm", "--output",
                                self.shared / "t.h5", "--quiet"))
        # The limit is for the rank alone: MPI's own files are larger.
        limited = ["bash", "-c", 'ulimit -c 0; ulimit -f 100; exec "$0" "$@"']
        for option, name in (("--model", "m.h5"), ("--checkpoint", "c.h5")):
            with self.subtests.test(option=option):
                outcome = command.run(
                    [command.MPIEXEC, "-np", "1", *limited, *command.hogwild_command(
                        None, "train", "--train", self.shared / "t.h5", "--strategy", "sequential",
                        "--iterations", "5", "--quiet", option, name)],
                    cwd=self.dir, env={**os.environ, "OMPI_MCA_btl": "self"})
                self.check_refused(outcome, 74, "hogwild", name)
                assert self.names() == []

    @pytest.mark.parametrize(
        "program",
        (
            "hogwild",
            "svmlight_to_hdf5",
            "rcv1_to_hdf5",
            "hdf5_to_svmlight",
            "hdf5_inspect",
            "rcv1_synthesize",
        ),
    )
    @pytest.mark.parametrize("option", ("--help", "--version"))
    def test_full_standard_output(self, program, option):
        with open("/dev/full", "w") as full:
            process = command.start([command.BIN / program, option], stdout=full,
                                    stderr=subprocess.DEVNULL)
            assert process.wait(30) == 74


class TestLaunchers(command.Case):
    SLURM = {"SLURM_JOB_ID": "7", "SLURM_NTASKS": "4"}

    def launched(self, *words, **variables):
        return command.hogwild(None, *words, env={**os.environ, **variables})

    def test_processes_that_are_all_alone(self):
        step = {"SLURM_STEP_ID": "0", "SLURM_STEP_NUM_TASKS": "4", "SLURM_NTASKS": "4"}
        for launcher, variables, rank in (("srun", step, "SLURM_PROCID"),
                                          ("mpiexec", {"PMI_SIZE": "4"}, "PMI_RANK")):
            with self.subtests.test(launcher=launcher):
                first = self.launched("train", **variables, **{rank: "0"})
                self.check_refused(first, 2, "hogwild", launcher + " started 4 processes")
                other = self.launched("train", **variables, **{rank: "3"})
                assert (other.code, other.err) == (2, "")
                self.check(self.launched("--version", **variables, **{rank: "0"}))

    def test_a_batch_script_of_several_tasks(self):
        outcome = self.launched("train", "--dump-config", SLURM_PROCID="0", **self.SLURM)
        self.check(outcome)
