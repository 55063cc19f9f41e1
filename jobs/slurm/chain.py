"""From text files to the model of the best settings, as Slurm jobs that wait for each other:
conversion, a grid search as a job array, its merge, training of the selected point on several
nodes. Prints a line per job with its id. A job that fails cancels those that wait for it.

Account, partition, modules and folders are at the top of jobs/slurm/*.sbatch; or set
SBATCH_ACCOUNT, SBATCH_PARTITION, HOGWILD_DATA_DIR, ...."""
import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "lib"))
from arguments import Parser  # noqa: E402

# Their values look like options themselves, which argparse accepts after a "=" only.
TAKE_OPTIONS = ("--sweep-on", "--train-on", "--train")


def shares(text):
    if not re.fullmatch(r"[1-9][0-9]{0,3}", text):
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 to 9999, not '{text}'")
    return text


def join_values(arguments):
    """@return `arguments` with --train-on=VALUE for --train-on VALUE, and so on."""
    joined, rest = [], iter(arguments)
    for word in rest:
        value = next(rest, None) if word in TAKE_OPTIONS else None
        joined.append(word if value is None else f"{word}={value}")
    return joined


def parse(arguments):
    """@return options; `grid` are those of the sweep."""
    parser = Parser(
        "chain.sh", __doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="bash jobs/slurm/chain.sh [options] SWEEP OPTIONS...",
        epilog="SWEEP OPTIONS are the grid, as for hogwild sweep: options with lists, or --config "
               "jobs/settings/paper_grid.ini.")
    parser.add_argument("--shares", type=shares, default="4", metavar="N",
                        help="jobs among which the grid is divided (4)")
    parser.add_argument("--skip-preprocess", action="store_true",
                        help="train.h5 and test.h5 exist already")
    for option, what, example in (
            ("--sweep-on", "what sbatch gets for a job of the sweep", "--ntasks=16"),
            ("--train-on", "what sbatch gets for the training", "--nodes=8 --ntasks-per-node=32"),
            ("--train", "what the training changes in the selected settings", "--epochs 50")):
        parser.add_argument(option, type=shlex.split, default=[], metavar='"OPTIONS"',
                            help=f'{what} ("{example}")')
    options, options.grid = parser.parse_known_args(join_values(arguments))
    if not options.grid:
        parser.error("which grid? Give the options of the sweep")
    return options


class Chain:
    """Submits jobs of which each waits for the one before."""

    def __init__(self, environment):
        self.environment = environment
        self.previous = None

    def submit(self, what, *arguments, **environment):
        after = "" if self.previous is None else f"after job {self.previous}"
        waits = [f"--dependency=afterok:{self.previous}", "--kill-on-invalid-dep=yes"]
        done = subprocess.run(
            ["sbatch", "--parsable", *(waits if after else []), *map(str, arguments)],
            stdout=subprocess.PIPE, universal_newlines=True,
            env={**self.environment, **environment})
        if done.returncode != 0:
            sys.exit(f"chain: sbatch refused: {what}" + (f" ({after})" if after else ""))
        job = done.stdout.strip().split(";")[0]  # JOB;CLUSTER where there are several
        print(f"{what}: job {job}" + (f", after {self.previous}" if after else ""), flush=True)
        self.previous = job


def main(arguments):
    options = parse(arguments)
    if shutil.which("sbatch") is None:
        sys.exit("chain: sbatch is missing: no Slurm here")
    chain = Chain({"HOGWILD_HOME": str(HERE.parents[1]), **os.environ,
                   "HOGWILD_SHARES": options.shares})
    if not options.skip_preprocess:
        chain.submit("preprocess", HERE / "preprocess.sbatch")
    chain.submit("sweep", *options.sweep_on, f"--array=1-{options.shares}",
                 HERE / "sweep.sbatch", *options.grid)
    chain.submit("merge", HERE / "sweep_merge.sbatch", *options.grid)
    chain.submit("train", *options.train_on, HERE / "train_nodes.sbatch", *options.train,
                 HOGWILD_CONFIG="sweep.best.ini")


if __name__ == "__main__":
    main(sys.argv[1:])
