"""Speed and peak memory of a build beside those of an older one: all strategies with batches of
100, and lock-free document by document, in float and double, on pinned cores. The two take turns;
a line has the medians of the ratios new to old of --repeats pairs. Each trains for about a tenth of
a second or longer, since in shorter runs a millisecond lost elsewhere is several percent. Started by
jobs/research/compare_builds.sh; build both first."""
import tempfile
from pathlib import Path

import bench
from stats import median

BATCHES = ("--batch-size", "100", "--iterations", "4000")
DOCUMENTS = ("--batch-size", "1", "--epochs", "100", "--regularizer", "l2", "--lambda", "1e-4",
             "--regularization", "aggregated", "--sampling", "permutation",
             "--learning-rate", "0.05", "--schedule", "decay", "--decay", "0.81")
STRATEGIES = ("lock-free", "locked", "atomic", "striped", "round-robin", "synchronous",
              "asynchronous", "downpour", "sequential")


def settings(most_ranks):
    """Name, ranks and options of what is compared."""
    for precision in ("float", "double"):
        for ranks in range(1, most_ranks + 1):
            common = ("--precision", precision, "--validation-fraction", "0",
                      "--evaluate-every", "0")
            yield f"documents {precision} {ranks}", ranks, (*DOCUMENTS, *common)
            for strategy in STRATEGIES:
                if strategy != "sequential" or ranks == 1:
                    yield (f"{strategy} {precision} {ranks}", ranks,
                           ("--strategy", strategy, *BATCHES, *common))


def compare(old, new, ranks, options, repeats, train):
    """@return medians of the ratios of training seconds and of peak memory."""
    pin = ("taskset", "-c", f"0-{ranks - 1}")
    time, memory = [], []
    for pair in range(repeats):
        order = (old, new) if pair % 2 else (new, old)
        result = {programs: programs.train(ranks, options, pin, train) for programs in order}
        time.append(result[new]["train_seconds"] / result[old]["train_seconds"])
        memory.append(result[new]["peak_rss_bytes"] / result[old]["peak_rss_bytes"])
    return median(time), median(memory)


def main():
    parser = bench.parser("compare_builds.sh", __doc__)
    parser.add_argument("--old", type=Path, required=True, metavar="DIR", help="the other build")
    parser.add_argument("--train", type=Path, metavar="FILE.h5", help="train on this dataset")
    parser.add_argument("--documents", type=bench.positive, default=20000,
                        help="to synthesise where there is no --train (20000)")
    parser.add_argument("--ranks", type=bench.positive, default=2, help="1 to this many (2)")
    options = bench.parse(parser)
    with tempfile.TemporaryDirectory(prefix="hogwild-benchmark-") as work:
        new, old = (bench.Programs(folder, Path(work)) for folder in (options.build_dir, options.old))
        if options.train is None:
            new.convert(*new.plain_text(None, options.documents))
        train = options.train or new.dataset
        print(f"machine: {bench.machine()}; medians of {options.repeats} ratios, new to old")
        print(f"{'what, precision, ranks':<28} {'training time':>14} {'peak memory':>12}")
        for name, ranks, words in settings(options.ranks):
            time, memory = compare(old, new, ranks, words, options.repeats, train)
            print(f"{name:<28} {time:>14.3f} {memory:>12.3f}", flush=True)


if __name__ == "__main__":
    bench.run_main("compare_builds", main)
