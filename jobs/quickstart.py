"""From a fresh clone to a trained model: packages, build, data, conversion, training. You may run
it again: what is up to date is not made again. Options of the training itself come after
--, for example:  -- --strategy locked --epochs 5"""
import argparse
import re
import shlex
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent / "lib"))
import installation  # noqa: E402
import prepare  # noqa: E402
from arguments import Parser  # noqa: E402


def ranks(text):
    if not re.fullmatch(r"[1-9][0-9]{0,4}", text):
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 on, not '{text}'")
    return int(text)


def parse(arguments):
    """@return options; `training` are those of the training."""
    split = arguments.index("--") if "--" in arguments else len(arguments)
    parser = Parser("quickstart.sh", __doc__,
                    usage="bash jobs/quickstart.sh [options] [-- TRAIN OPTIONS]")
    parser.add_argument("--ranks", type=ranks, default=8, metavar="N",
                        help="MPI ranks to train with (8)")
    prepare.add_options(parser, "--work-dir", None, "where data sets, log and model go "
                        "(data/synthetic or data/rcv1 in the source tree, or below the "
                        "current folder for installed scripts)")
    options = parser.parse_args(arguments[:split])
    options.training = arguments[split + 1:]
    if options.work_dir is None:
        name = "synthetic" if options.rcv1 is None else "rcv1"
        options.work_dir = installation.DATA_DIR / name
    return options


def value_of(training, option, default=None):
    """The user's value of a training option."""
    for at, word in enumerate(training):
        if word == option:
            return training[at + 1] if at + 1 < len(training) else ""
        if word.startswith(option + "="):
            return word.split("=", 1)[1]
    return default


def config_names(training, option):
    """Whether the user's --config file sets it."""
    try:
        text = Path(value_of(training, "--config", "")).read_text()
    except OSError:  # the training will say so
        return False
    return re.search(rf"(?m)^\s*{option}\s*=", text) is not None


def train_command(options):
    """The user's options, and ours where the user gives none: options may not come twice."""
    given, folder = options.training, options.work_dir
    ours = {"--train": folder / "train.h5", "--test": folder / "test.h5"}
    # The command line wins over a --config file: leave to the file what it settles.
    if not config_names(given, "category"):
        ours["--category"] = "CCAT"
    if value_of(given, "--config") is None:
        ours["--strategy"] = "lock-free"
        if value_of(given, "--epochs") is None:
            ours["--iterations"] = 400
    ours.update({"--log": folder / "run.jsonl", "--model": folder / "model.h5"})
    words = ["mpirun", "-np", options.ranks, options.build_dir / "bin/hogwild", "train"]
    for option, value in ours.items():
        if value_of(given, option) is None:
            words += [option, value]
    return [str(word) for word in words + given]


def texts_of(options):
    if options.rcv1 is not None:
        prepare.step("3/5 Text: RCV1-v2")
        print(f"using the files in {options.rcv1}", flush=True)
        return prepare.find_text(options.rcv1)[0]
    prepare.step("3/5 Text: synthetic, in the shape of RCV1-v2")
    return prepare.synthesize(options.build_dir, options.work_dir)


def main(arguments):
    options = parse(arguments)
    if options.rcv1 is not None:
        prepare.check_rcv1(options.rcv1)
    prepare.step("1/5 Packages")
    prepare.ensure_packages("HOGWILD_BUILD_PACKAGES")
    prepare.step("2/5 Programs")
    options.build_dir = prepare.build(options.build_dir, "all")
    prepare.make_folder(options.work_dir, "--work-dir")
    texts = texts_of(options)
    prepare.step("4/5 Convert to HDF5")
    prepare.convert(options.build_dir, texts, options.work_dir, "train", "test")
    prepare.step(f"5/5 Train on {options.ranks} ranks")
    training = train_command(options)
    prepare.call(training)

    prepare.step("Done")
    for name, option, file in (("model", "--model", "model.h5"), ("log", "--log", "run.jsonl")):
        print(f"{name + ':':<7}{value_of(options.training, option, options.work_dir / file)}")
    print("\nThe same by hand (the first line lets mpirun start more ranks than there are cores):")
    conversions = prepare.conversions(options.build_dir, texts, options.work_dir)
    first = ["source", installation.ROOT / "jobs/lib/mpi_env.sh"]
    for words in (first, *conversions.values(), training):
        print(" ", shlex.join(map(str, words)))


if __name__ == "__main__":
    prepare.run_main("quickstart", main)
