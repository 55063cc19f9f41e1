"""Starts programs: with what mpirun needs (jobs/lib/mpi_env.sh), a folder of its own for each
mpirun, and a process group that can be ended as a whole. Scripts and tests start everything that
runs under mpirun through this."""
import contextlib
import functools
import os
import re
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

MPI_ENV = Path(__file__).resolve().with_name("mpi_env.sh")


class Outcome(NamedTuple):
    """How a command ended. `code` is minus the signal when a signal ended it."""
    command: str
    code: int
    out: str
    err: str
    seconds: float

    def own_lines(self):
        """The lines on stderr without mpirun's own, which are between two lines of dashes."""
        text = re.sub(r"^-{60,}\n.*?^-{60,}\n", "", self.err, flags=re.DOTALL | re.MULTILINE)
        return [line for line in text.splitlines() if line.strip()]

    def __str__(self):
        return (f"{self.command}\nended with {self.code} after {self.seconds:.1f} s\n"
                f"stdout:\n{self.out}\nstderr:\n{self.err}")


class StillRunning(AssertionError):
    """A command that exceeded its time limit; its whole group was ended."""


@functools.lru_cache(maxsize=None)
def mpi_environment():
    """The variables that mpi_env.sh adds to the environment or changes."""
    script = 'source "$1" && env --null'
    shown = subprocess.run(
        ["bash", "-c", script, "bash", str(MPI_ENV)], stdout=subprocess.PIPE, check=True
    ).stdout
    exported = dict(entry.split("=", 1) for entry in os.fsdecode(shown).split("\0") if entry)
    return {name: value for name, value in exported.items() if name.startswith(("OMPI_", "PRTE_"))}


def start(command, **options):
    """A process in a group of its own: Ctrl-C reaches only the caller, which ends the group in
    order."""
    return subprocess.Popen(
        [str(word) for word in command], stdin=subprocess.DEVNULL, start_new_session=True, **options
    )


def end_group(process):
    """Lets mpirun clean /dev/shm first."""
    for end_signal in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(process.pid, end_signal)
            process.wait(5)


@contextlib.contextmanager
def session_folder():
    """A folder for one mpirun. Open MPI makes and removes TMPDIR/ompi.HOST.USER: mpiruns that share
    TMPDIR and start or end at the same moment trip over it. The path is short, since sockets in it
    have at most 107 characters."""
    with tempfile.TemporaryDirectory(
        prefix="hw-", dir="/tmp" if os.access("/tmp", os.W_OK) else None
    ) as folder:
        os.chmod(folder, 0o777)  # a test changes the user
        yield folder


def run(command, timeout=None, env=None, **options):
    """Runs a command to its end. @return its Outcome.
    @raises StillRunning after `timeout` seconds, and whatever interrupts the wait, once the group
    has ended."""
    with session_folder() as folder:
        started = time.monotonic()
        shown = " ".join(map(str, command))
        process = start(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            universal_newlines=True,
            errors="replace",
            env={**(os.environ if env is None else env), "TMPDIR": folder},
            **options,
        )
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            end_group(process)
            out, err = process.communicate()
            raise StillRunning(
                f"{shown}\nstill running after {timeout} s\nstdout:\n{out}\nstderr:\n{err}"
            ) from None
        except BaseException:
            end_group(process)
            raise
        return Outcome(shown, process.returncode, out, err, time.monotonic() - started)
