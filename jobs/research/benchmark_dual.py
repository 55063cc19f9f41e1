"""How soon --strategy dual certifies the optimum of the SVM (hinge loss, l2), beside LIBLINEAR's
solver of the same problem (scikit-learn's LinearSVC): both on the same documents, in turns. A line
for each gap and number of ranks: epochs, visits per document, the median time of training with its
certificates, and LIBLINEAR's time divided by it. LIBLINEAR runs with the largest tolerance with
which its objective is as near the optimum as the gap. On synthesised documents, or on a file of
your own. Started by jobs/research/benchmark_dual.sh; build first."""
import sys
import tempfile
import time
from pathlib import Path

import bench
from stats import median

sys.path.append(str(Path(__file__).resolve().parent / "experiments"))
TOLERANCES = (1, 0.3, 0.1, 0.03, 0.01, 3e-3, 1e-3, 1e-4, 1e-5)


class Liblinear:
    """@note Training alone is timed, on a matrix in memory."""

    def __init__(self, dataset, lam):
        from datasets import load
        self.matrix, self.labels = load(dataset, "CCAT", dtype=float)
        self.lam = lam

    def solve(self, tolerance):
        """@return seconds, and the objective that is reached."""
        from sklearn.svm import LinearSVC
        import numpy as np
        documents = self.matrix.shape[0]
        solver = LinearSVC(C=1 / (self.lam * documents), loss="hinge", dual=True, tol=tolerance,
                           max_iter=1_000_000, random_state=1)
        begin = time.perf_counter()
        solver.fit(self.matrix, self.labels)
        seconds = time.perf_counter() - begin
        weights, bias = solver.coef_[0], solver.intercept_[0]
        margins = self.labels * (self.matrix @ weights + bias)
        loss = np.maximum(0.0, 1.0 - margins).mean()
        return seconds, loss + 0.5 * self.lam * (weights @ weights + bias * bias)

    def tolerance_for(self, gap, optimum):
        """@param optimum  not above it. @return None where no tolerance is small enough."""
        near = (t for t in TOLERANCES if self.solve(t)[1] <= (1 + gap) * optimum)
        return next(near, None)


def ours(options, programs, train, ranks, gap):
    return programs.train(ranks, (
        "--strategy", "dual", "--lambda", options.lam, "--gap", gap, "--epochs", 100_000,
        "--validation-fraction", 0, "--precision", "float", "--evaluate-every", 0), train=train)


def report(options, programs, train):
    print(f"machine: {bench.machine()}; lambda {options.lam}; medians of {options.repeats}")
    print(f"{'gap':<8} {'ranks':>5} {'epochs':>7} {'visits':>7} {'train ms':>9} "
          f"{'LIBLINEAR ms':>13} {'ratio':>7}")
    peer = Liblinear(train, float(options.lam))
    optimum = ours(options, programs, train, 1, min(options.gaps, key=float))["dual_objective"]
    for gap in options.gaps:
        tolerance = peer.tolerance_for(float(gap), optimum)
        theirs, runs = [], {ranks: [] for ranks in options.ranks}
        for _ in range(options.repeats):
            if tolerance is not None:
                theirs.append(peer.solve(tolerance)[0])
            for ranks in options.ranks:
                runs[ranks].append(ours(options, programs, train, ranks, gap))
        for ranks, results in runs.items():
            own = median([r["train_seconds"] for r in results])
            epochs = median([r["epoch"] for r in results])
            visits = median([r["documents_visited"] * r["epoch"] / r["samples"] for r in results])
            peers = (f"{1e3 * median(theirs):>13.1f} {median(theirs) / own:>7.2f}" if theirs
                     else f"{'-':>13} {'-':>7}")
            print(f"{gap:<8} {ranks:>5} {epochs:>7.0f} {visits:>7.2f} {1e3 * own:>9.1f} {peers}")


def main():
    parser = bench.parser("benchmark_dual.sh", __doc__)
    parser.add_argument("--train", type=Path, metavar="FILE.h5",
                        help="train on this dataset, category CCAT")
    parser.add_argument("--documents", type=bench.positive, default=200_000,
                        help="to synthesise where there is no --train (200000)")
    parser.add_argument("--lambda", dest="lam", default="1e-4", help="(1e-4)")
    parser.add_argument("--gaps", default="1e-2 1e-3 1e-4", type=str.split,
                        help='"1e-2 1e-3 1e-4"')
    parser.add_argument("--ranks", default="1 2",
                        type=lambda text: [bench.positive(n) for n in text.split()], help='"1 2"')
    options = bench.parse(parser)
    with tempfile.TemporaryDirectory(prefix="hogwild-benchmark-") as work:
        programs = bench.Programs(options.build_dir, Path(work))
        train = options.train
        if train is None:
            programs.convert(*programs.plain_text(None, options.documents))
            train = programs.dataset
        report(options, programs, train)


if __name__ == "__main__":
    bench.run_main("benchmark_dual", main)
