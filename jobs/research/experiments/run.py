#!/usr/bin/env python3
"""Runs the experiments and writes their reports. Started by jobs/research/experiments.sh, which builds the
programs and prepares the data first."""
import argparse
import fcntl
import importlib
import os
import signal
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.append(str(Path(__file__).resolve().parents[2] / "lib"))
os.environ.setdefault("OMP_NUM_THREADS", "1")  # scikit-learn and NumPy must not start more threads than cores

from runner import CANNOT_CREATE, INTERNAL, NO_INPUT, USAGE, Failure, Runner, say  # noqa: E402

EXPERIMENTS = ("figure1", "figure2", "figure3", "figure4", "spark", "grid", "fair")


def parse(arguments):
    parser = argparse.ArgumentParser(prog="experiments", description=__doc__, allow_abbrev=False)
    parser.add_argument("--bin", required=True, metavar="DIR", help="where the programs are")
    parser.add_argument("--train", required=True, metavar="T.h5")
    parser.add_argument("--test", required=True, metavar="E.h5")
    parser.add_argument("--category", default="CCAT", metavar="C")
    parser.add_argument("--data-name", default="", help="what the report calls the data")
    parser.add_argument("--again", default="--train T.h5 --test E.h5",
                        help="options that choose the data, as the report shows them")
    parser.add_argument("--output", required=True, metavar="DIR")
    parser.add_argument("--only", default=",".join(EXPERIMENTS), metavar="NAMES",
                        help="some of: " + ",".join(EXPERIMENTS))
    parser.add_argument("--quick", action="store_true", help="few seeds, short runs")
    parser.add_argument("--fresh", action="store_true", help="forget the runs that are done")
    parser.add_argument("--cores", type=int, metavar="N",
                        help="take the machine for one of N cores (default: those we may use)")
    options = parser.parse_args(arguments)
    options.only = [name.strip() for name in options.only.split(",") if name.strip()]
    for name in options.only:
        if name not in EXPERIMENTS:
            raise Failure(USAGE, f"--only: no experiment is called '{name}', but "
                                 + ", ".join(EXPERIMENTS))
    if not options.only:
        raise Failure(USAGE, "--only names no experiment")
    if options.cores is not None and options.cores < 1:
        raise Failure(USAGE, "--cores must be at least 1")
    return options


def need_modules():
    missing = []
    for name in ("numpy", "scipy", "matplotlib", "sklearn", "h5py"):
        try:
            importlib.import_module(name)
        except ImportError:
            missing.append(name)
    if missing:
        raise Failure(NO_INPUT, f"{sys.executable} has no module {', '.join(missing)}: install "
                                "python3-numpy python3-scipy python3-matplotlib python3-sklearn python3-h5py")


def open_output(path):
    """@return the folder, ours alone until we end."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        # Neither emptied nor followed: it may be another user's file, or a link to one.
        lock = open(path / ".lock", "a", opener=lambda name, flags:
                    os.open(name, flags | os.O_NOFOLLOW, 0o666))
    except OSError as error:
        raise Failure(CANNOT_CREATE, f"cannot write to {path}: {error.strerror}") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise Failure(CANNOT_CREATE, f"other experiments are writing to {path}") from None
    return lock


def main(arguments):
    options = parse(arguments)
    need_modules()
    import report  # pylint: disable=import-outside-toplevel
    from lab import Lab  # pylint: disable=import-outside-toplevel
    output = Path(options.output)
    lock = open_output(output)
    cores = options.cores or report.physical_cores()
    runner = Runner(options.bin, options.train, options.test, options.category, output, cores,
                    options.fresh)
    lab = Lab(runner, output, options.quick, Path(options.bin))
    started = time.monotonic()
    modules = {name: importlib.import_module(name) for name in options.only}
    for name, module in modules.items():
        began = time.monotonic()
        section = module.run(lab)
        report.publish(output, name, section, runner.take_used(), rerun(name, options))
        report.assemble(output, EXPERIMENTS, runner, describe(options, lab))
        say(f"{name}: done in {time.monotonic() - began:.0f} s")
        if sys.stderr.isatty():
            print(file=sys.stderr)
    lock.close()
    print(f"{output / 'report.md'} ({time.monotonic() - started:.0f} s)")


def rerun(name, options):
    words = ["bash jobs/research/experiments.sh", "--only", name, "--quick" if options.quick else "", options.again]
    return " ".join(word for word in words if word)


def describe(options, lab):
    from datasets import load  # pylint: disable=import-outside-toplevel
    matrix, labels = load(options.train, options.category)
    test, _ = load(options.test, options.category)
    text = (f"Data: {options.data_name or Path(options.train).name}, {matrix.shape[0]:,} training "
            f"documents ({100 * (labels > 0).mean():.1f} % {options.category}), {test.shape[0]:,} test documents, "
            f"{matrix.shape[1]:,} features, {matrix.nnz / matrix.shape[0]:.1f} entries per document. ")
    if options.quick:
        text += ("**Quick run: few seeds and short runs; it shows that everything works, its figures "
                 "are no basis for claims.** ")
    text += ("Every run is a process of its own (`mpirun`), after a warm-up run that is thrown away; "
             "competitors take turns in an order that changes with the seed; ranks are pinned to cores where "
             "there is one for each. Seconds are of training alone, without loading and evaluation. The last "
             "weights count, never an average or the best.")
    if lab.cores < 16:
        text += (f" † and hollow marks: more ranks than the {lab.cores} cores.")
    return text


def stop(number, _frame):
    raise KeyboardInterrupt(number)


def run_main(name, main, kept):
    """Runs a program's main to its exit code, with one line where it fails or is stopped.
    @param kept  what a later run need not do again."""
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    try:
        main(sys.argv[1:])
    except Failure as failure:
        print(f"{name}: {failure}", file=sys.stderr)
        sys.exit(failure.code)
    except KeyboardInterrupt as interrupt:
        print(f"\n{name}: interrupted; {kept} is kept, run again to go on", file=sys.stderr)
        sys.exit(128 + (interrupt.args[0] if interrupt.args else signal.SIGINT))
    except MemoryError:
        print(f"{name}: memory ran out", file=sys.stderr)
        sys.exit(INTERNAL)


if __name__ == "__main__":
    run_main("experiments", main, "what is done")
