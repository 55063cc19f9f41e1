"""Training that is broken again and again at random moments, until it is done; see
tests/soak.sh."""
import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import command  # noqa: E402

STRATEGIES = ("lock-free", "locked", "atomic", "striped", "asynchronous", "downpour", "sequential",
              "round-robin", "synchronous")
KEEPS_BITS = ("sequential", "round-robin", "synchronous")
STOPPED = 75
MOST_FAULTS = 12  # of one training
MOST_LEFTOVERS = (
    6  # a lock and a temporary file of log, model and checkpoint; the next run removes them
)


class Lost(Exception):
    """What must not happen."""


class Planted:
    """Files of somebody else's in the folder of the outputs, some under names that the programs
    used for temporary files and locks, or use in a similar form: nobody may touch them."""

    def __init__(self, folder, outputs):
        self.folder = folder
        (folder / "victim").write_text("precious")
        (folder / "notes.txt").write_text("notes")
        (folder / "twin.txt").hardlink_to(folder / "notes.txt")
        (folder / "run.h5.d").mkdir()
        for number, name in enumerate(outputs):
            for suffix in (".lock", "~"):
                (folder / (name + suffix)).write_text(f"mine, {name}{suffix}")
            (folder / f".{name}.hogwild-0123456789abcdef01234567").write_text("mine")
            (folder / f".{name}.hogwild-1").symlink_to("victim")
            (folder / f"{name}.tmp").symlink_to(folder / "victim")
            part = folder / f"{name}.part"
            if number % 2:
                part.write_text("half of a download")
            else:
                part.symlink_to("victim")
        (folder / "notes.txt").chmod(0o640)
        self.names = sorted(path.name for path in folder.iterdir())
        self.before = self.state()

    def state(self):
        """What stands under each name: type and mode, and content or where it leads."""
        found = {}
        for name in self.names:
            path = self.folder / name
            status = path.lstat()
            content = (os.readlink(path) if path.is_symlink() else
                       path.read_bytes() if path.is_file() else None)
            found[name] = (status.st_mode, status.st_ino, content)
        return found

    def check(self):
        try:
            after = self.state()
        except OSError as error:
            raise Lost(f"a planted file is gone: {error}") from None
        changed = [name for name in self.names if after[name] != self.before[name]]
        if changed:
            raise Lost(f"planted files have changed: {changed}")


class Training:
    """One random setting, and its files."""

    def __init__(self, draw, folder, datasets):
        self.draw = draw
        self.folder = folder
        self.strategy = draw.choice(STRATEGIES)
        self.ranks = 1 if self.strategy == "sequential" else draw.randint(1, 4)
        self.checkpoint = folder / "run.h5"
        self.log = folder / "run.jsonl"
        self.model = folder / "model.h5"
        if draw.random() < 0.3:  # what the links lead to is replaced, the links stay
            (folder / "elsewhere").mkdir()
            for path in (self.checkpoint, self.log, self.model):
                path.symlink_to(Path("elsewhere", path.name))
        self.links = [path for path in folder.iterdir() if path.is_symlink()]
        self.planted = Planted(folder, ("run.h5", "run.prev.h5", "run.jsonl", "model.h5"))
        batch = draw.choice((1, 10, 100))
        # The same bits only if the last bits of the data do not depend on who rounds them.
        self.options = ["--train", draw.choice(datasets), "--category", "CCAT", "--quiet",
                        "--strategy", self.strategy, "--batch-size", batch,
                        "--precision", draw.choice(("float", "double")),
                        "--regularizer", draw.choice(("seed", "l2", "none")),
                        "--epochs", 100, "--learning-rate", 0.05 if batch < 100 else 0.01,
                        "--schedule", "decay", "--decay", 0.98, "--evaluate-every", 0,
                        "--patience", 0]

    def words(self, *more):
        return command.hogwild_command(self.ranks, "train", *self.options, *more)

    def undisturbed(self):
        """As long that it can be broken. @return its result, and the seconds that it trained."""
        whole = self._run_whole()
        epochs = int(self.options[self.options.index("--epochs") + 1] * 1.5 /
                     max(0.02, whole["train_seconds"]))
        self.options[self.options.index("--epochs") + 1] = max(20, epochs)
        whole = self._run_whole()
        return whole, whole["train_seconds"]

    def _run_whole(self):
        log = self.folder / "whole.jsonl"
        outcome = command.run(self.words("--log", log), timeout=120)
        if outcome.code != 0:
            raise Lost(str(outcome))
        return command.read_json_lines(log)[-1]

    def start(self, stderr, *more, **options):
        return command.start(self.words("--checkpoint", self.checkpoint, "--checkpoint-every", 0.1,
                                        "--log", self.log, "--model", self.model, "--resume",
                                        *more), stderr=stderr, **options)


def ranks_of(training):
    found = []
    wanted = os.fsencode(training.checkpoint)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if wanted in words and words[0].endswith(b"/hogwild"):
                found.append(int(entry.name))
    return found


def kill(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


class Disk:
    """A small disk, where one can be had, that can be filled to the last byte."""

    def __init__(self, folder):
        folder.mkdir()
        self.folder = folder
        self.filler = folder / "filler"
        self.mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "hogwild-soak",
                                       folder], stderr=subprocess.DEVNULL).returncode == 0

    def fill(self):
        """All but a random number of bytes: the disk is full in the middle of what comes next."""
        with self.filler.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                pass
            file.truncate(max(0, file.tell() - 4096 * random.randrange(8)))

    def empty(self):
        self.filler.unlink(missing_ok=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.mounted:
            subprocess.run(["umount", self.folder], check=True)


def disturb(training, process, kind):
    if kind == "a rank killed":
        ranks = ranks_of(training)
        if ranks:
            kill(training.draw.choice(ranks), signal.SIGKILL)
    elif kind == "all killed":
        kill(process.pid, signal.SIGKILL)
        for pid in ranks_of(training):
            kill(pid, signal.SIGKILL)
    elif kind == "SIGUSR1":
        kill(process.pid, signal.SIGUSR1)
    elif kind == "SIGTERM":
        kill(process.pid, signal.SIGTERM)


def corrupt(training):
    """The newest checkpoint, where there is an older one to fall back on."""
    previous = training.checkpoint.resolve().with_name("run.prev.h5")
    if not previous.exists() or not training.checkpoint.exists():
        return False
    data = bytearray(training.checkpoint.read_bytes())
    if training.draw.random() < 0.5:
        data = data[:training.draw.randrange(len(data))]
    else:
        for _ in range(64):
            data[training.draw.randrange(len(data))] ^= 0xff
    training.checkpoint.write_bytes(bytes(data))
    return True


def broken_once(training, seconds, stderr, disk):
    """@return the fault that hit, or None: it was done before."""
    draw = training.draw
    kind = draw.choice(("a rank killed", "all killed", "SIGUSR1", "SIGTERM", "--max-time",
                        "disk full", "corruption"))
    if kind == "corruption":
        if corrupt(training):
            return kind
        kind = "all killed"
    if kind == "disk full" and not disk.mounted:
        kind = "a rank killed"
    if kind == "disk full":
        process = training.start(stderr)
        time.sleep(draw.uniform(0.0, 0.4 + seconds))
        disk.fill()
    elif kind == "--max-time":
        process = training.start(stderr, "--max-time", f"{draw.uniform(0.02, 0.6 * seconds):.3f}")
    else:
        process = training.start(stderr)
        time.sleep(draw.uniform(0.2, 0.4 + seconds))
        disturb(training, process, kind)
    try:
        code = process.wait(30)
    except Exception:
        command.end_group(process)
        raise Lost(f"{kind}: still running after 30 s") from None
    disk.empty()
    deadline = time.monotonic() + 20
    while ranks_of(training):
        if time.monotonic() > deadline:
            raise Lost(f"{kind}: a rank lives on")
        time.sleep(0.02)
    return None if code == 0 else kind


def leftovers(training):
    """Temporary files and locks: of a killed run, until the next one."""
    found = command.own_files([path.name for path in training.folder.rglob("*")])
    return sorted(set(found) - set(training.planted.names))


def check_result(training, whole):
    last = command.read_json_lines(training.log)[-1]
    if last["event"] != "result" or not training.model.exists():
        raise Lost("done without a result or a model")
    if last["samples"] != whole["samples"]:
        raise Lost(f"{last['samples']} documents instead of {whole['samples']}")
    exact = training.strategy in KEEPS_BITS
    tolerance = 0.0 if exact else 0.1 * abs(whole["train_objective"]) + 0.01
    if not abs(last["train_objective"] - whole["train_objective"]) <= tolerance:
        raise Lost(f"objective {last['train_objective']} instead of {whole['train_objective']}")
    if abs(last["train_accuracy"] - whole["train_accuracy"]) > (0.0 if exact else 0.02):
        raise Lost(f"accuracy {last['train_accuracy']} instead of {whole['train_accuracy']}")
    gone = [path.name for path in training.links if not path.is_symlink()]
    if gone:
        raise Lost(f"no links any more: {gone}")
    if leftovers(training):
        raise Lost(f"left behind: {leftovers(training)}")


def train_under_fire(draw, folder, datasets, counts, disk):
    training = Training(draw, folder, datasets)
    whole, seconds = training.undisturbed()
    with (folder / "stderr").open("w") as stderr:
        for _ in range(draw.randint(3, MOST_FAULTS)):
            kind = broken_once(training, seconds, stderr, disk)
            if kind is None:
                break
            counts[kind] = counts.get(kind, 0) + 1
            training.planted.check()
            left = leftovers(training)
            if len(left) > MOST_LEFTOVERS:
                raise Lost(f"{kind}: left behind: {left}")
        process = training.start(stderr)
        if process.wait(120) != 0:
            raise Lost(f"does not go on: {(folder / 'stderr').read_text()[-2000:]}")
    check_result(training, whole)
    training.planted.check()


def main():
    parser = argparse.ArgumentParser(prog="soak.sh", description=__doc__)
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    draw = random.Random(options.seed)
    print(f"seed {options.seed}, {options.minutes:g} minutes")
    counts, lost, trainings = {}, 0, 0
    segments = {p.name for p in Path("/dev/shm").iterdir()}
    end = time.monotonic() + 60 * options.minutes
    with tempfile.TemporaryDirectory(prefix="hogwild-soak-") as base:
        documents = command.make_documents(1500, seed=9)
        datasets = [command.convert(documents, Path(base, "one.h5")),
                    command.convert(documents, Path(base, "three.h5"), "--shards", "3")]
        with Disk(Path(base, "disk")) as disk:
            while time.monotonic() < end:
                folder = Path(tempfile.mkdtemp(dir=disk.folder))
                before = sum(counts.values())
                try:
                    train_under_fire(draw, folder, datasets, counts, disk)
                except Lost as loss:
                    lost += 1
                    print(f"LOST: training {trainings}: {loss}", flush=True)
                disk.empty()
                shutil.rmtree(folder)
                trainings += 1
                print(f"training {trainings}: {sum(counts.values()) - before} faults", flush=True)
    print(json.dumps(counts))
    ours = [name for name in {p.name for p in Path("/dev/shm").iterdir()} - segments
            if "hogwild" in name]
    if ours:
        lost += 1
        print(f"LOST: shared memory left behind: {ours}")
    faults = sum(counts.values())
    print(f"{faults} faults, {faults - lost} survived, {lost} lost")
    sys.exit(1 if lost else 0)


if __name__ == "__main__":
    main()
