"""The seed paper's figures and the fair comparison of strategies, measured on this machine: packages,
build, data, runs, report. You may run it again: finished runs are not repeated."""
import os
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "lib"))
import installation  # noqa: E402
import prepare  # noqa: E402
from arguments import Parser  # noqa: E402

NAMES = "figure1,figure2,figure3,figure4,spark,grid,fair"


def parse(arguments):
    parser = Parser("experiments.sh", __doc__)
    prepare.add_options(parser, "--output", installation.DATA_DIR / "experiments",
                        "where report.md, plots, tables and raw results go (data/experiments)")
    parser.add_argument("--train", type=prepare.path, metavar="T.h5", help="on these data sets")
    parser.add_argument("--test", type=prepare.path, metavar="E.h5", help="belongs to --train")
    parser.add_argument("--quick", action="store_true",
                        help="few seeds and short runs: shows in minutes that everything works, "
                             "proves nothing")
    parser.add_argument("--fresh", action="store_true", help="forget the runs in --output")
    parser.add_argument("--only", metavar="NAMES", help=f"some of {NAMES} (all)")
    parser.add_argument("--category", metavar="C", help="topic of the positive class (CCAT)")
    parser.add_argument("--cores", metavar="N",
                        help="take the machine for one of N cores (all those that may be used)")
    options = parser.parse_args(arguments)
    if (options.train is None) != (options.test is None):
        parser.error("--train and --test belong together")
    if options.rcv1 is not None and options.train is not None:
        parser.error("--rcv1 and --train exclude each other")
    return options


def data(options):
    """@return options of run.py that say which data"""
    if options.train is not None:
        return [f"--train={options.train}", f"--test={options.test}",
                f"--data-name={options.train.name}"]
    folder = prepare.make_data_sets(options, "train", "test")
    names = (["--data-name=synthetic text in RCV1's shape", "--again="] if options.rcv1 is None
             else ["--data-name=RCV1-v2", "--again=--rcv1 DIR"])
    return [f"--train={folder / 'train.h5'}", f"--test={folder / 'test.h5'}", *names]


def main(arguments):
    options = parse(arguments)
    prepare.start_research(options, "hdf5_to_svmlight")
    words = data(options)
    prepare.step("4/4 Experiments")
    words += [f"--{name}={value}" for name in ("only", "category", "cores")
              if (value := getattr(options, name)) is not None]
    words += [f"--{name}" for name in ("quick", "fresh") if getattr(options, name)]
    program = str(Path(__file__).with_name("run.py"))
    os.execv(sys.executable, [sys.executable, "-B", program, f"--bin={options.build_dir / 'bin'}",
                              f"--output={options.output}", *words])


if __name__ == "__main__":
    prepare.run_main("experiments", main)
