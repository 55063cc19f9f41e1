"""What a document costs in training with jobs/settings/fast.ini at several lambdas: the
regularizer's share must not grow with it. On RCV1's swapped shape (781,265 documents, synthesised),
or on a file of your own. One line per lambda: the median time per document, its ratio to the
quickest, the objective, and the share of documents whose margin was below 1, which alone change
weights besides the regularizer. Started by jobs/research/benchmark_lambda.sh; build first."""
import tempfile
from pathlib import Path

import bench
import installation
from stats import median

FAST = installation.ROOT / "jobs/settings/fast.ini"


def measure(options, programs, train):
    """@return the log's results by lambda. The lambdas alternate, so that other load on
    the machine affects all of them."""
    results = {value: [] for value in options.lambdas}
    for _ in range(options.repeats):
        for value in options.lambdas:
            results[value].append(programs.train(
                options.ranks, ("--config", FAST, "--lambda", value), train=train))
    return results


def report(options, results):
    print(f"machine: {bench.machine()}; {options.ranks} rank(s); medians of {options.repeats}")
    cost = {value: median([1e9 * options.ranks * run["train_seconds"] / run["samples"]
                           for run in runs]) for value, runs in results.items()}
    least = min(cost.values())
    print(f"{'lambda':<10} {'ns a document':>18} {'ratio':>10} {'objective':>12} {'active':>12}")
    for value, runs in results.items():
        print(f"{value:<10} {cost[value]:>18.1f} {cost[value] / least:>10.3f} "
              f"{runs[-1]['train_objective']:>12.6f} {runs[-1]['active_fraction']:>12.3f}")


def main():
    parser = bench.parser("benchmark_lambda.sh", __doc__)
    parser.add_argument("--train", type=Path, metavar="FILE.h5", help="train on this dataset")
    parser.add_argument("--documents", type=bench.positive, default=781265,
                        help="to synthesise where there is no --train (781265)")
    parser.add_argument("--lambdas", default="1e-3 1e-4 1e-5 1e-6", type=str.split,
                        help='"1e-3 1e-4 1e-5 1e-6"')
    parser.add_argument("--ranks", type=bench.positive, default=1, help="(1)")
    options = bench.parse(parser)
    with tempfile.TemporaryDirectory(prefix="hogwild-benchmark-") as work:
        programs = bench.Programs(options.build_dir, Path(work))
        train = options.train
        if train is None:
            texts = programs.plain_text(None, options.documents)
            programs.convert(*texts)
            train = programs.dataset
            for text in texts:
                text.unlink()
        report(options, measure(options, programs, train))


if __name__ == "__main__":
    bench.run_main("benchmark_lambda", main)
